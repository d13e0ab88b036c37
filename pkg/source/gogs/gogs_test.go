package gogs_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/gogs"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: gogs.New()} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzGogs(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := gogs.Definition()
	if d.Name != "gogs" || d.MaxBody != 25<<20 || !d.Duplicates {
		t.Errorf("got %+v, want gogs with 25 MiB and duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestItsOwnSignatureCounts(t *testing.T) {
	t.Parallel()
	const signature = "8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73" // over the body, with test-secret
	for name, c := range map[string]struct {
		header string
		body   string
		want   error
	}{
		"genuine":              {"X-Gogs-Signature", `{"hello":"wörld"}`, nil},
		"changed":              {"X-Gogs-Signature", `{"hello":"world"}`, verify.ErrRejected},
		"under Gitea's name":   {"X-Gitea-Signature", `{"hello":"wörld"}`, verify.ErrMissing},
		"under another's name": {"X-Hub-Signature-256", `{"hello":"wörld"}`, verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := gogs.New().Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{}, Body: []byte(c.body)}
			r.Header.Set(c.header, signature)
			if got := v.Verify(t.Context(), r); !errors.Is(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
