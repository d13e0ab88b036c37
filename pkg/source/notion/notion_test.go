package notion_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/notion"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: notion.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzNotion(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := notion.Definition()
	if d.Name != "notion" || !d.Duplicates || d.Unauthorized != false {
		t.Errorf("Definition() = %+v, want notion with duplicates, unauthorized false", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body, genuine = `{"hello":"wörld"}`, "sha256=8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"
	tests := map[string]struct {
		header, body string
		want         error
	}{
		"genuine":      {genuine, body, nil},
		"none":         {"", body, verify.ErrMissing},
		"changed body": {genuine, body + " ", verify.ErrRejected},
		"cut short":    {genuine[:len(genuine)-4], body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := notion.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New("test-secret")}})
			if err == nil {
				err = v.Verify(t.Context(), request("X-Notion-Signature", tt.header, tt.body))
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func request(name, value, body string) *webhook.Request {
	r := &webhook.Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body), ReceivedAt: time.Unix(1700000000, 0)}
	r.Header.Set(name, value)
	return r
}
