package svix_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/svix"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func TestContract(t *testing.T) { sourcetest.Run(t, sourcetest.Suite{Source: build(t)}) }

func FuzzSvix(f *testing.F) { sourcetest.Fuzz(f, sourcetest.Suite{Source: build(f)}) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	if d := svix.Definition(); d.Name != "svix" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want svix with duplicates", d)
	}
}

// The vector is the one of Svix's manual.
func TestVerification(t *testing.T) {
	t.Parallel()
	const (
		key       = "whsec_plJ3nmyCDGBKInavdOK15jsl"
		body      = `{"event_type":"ping","data":{"success":true}}`
		signature = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
	)
	header := func(prefix, signature string) http.Header {
		h := http.Header{}
		h.Set(prefix+"-id", "msg_loFOjxBNrRLzqYUf")
		h.Set(prefix+"-timestamp", "1731705121")
		h.Set(prefix+"-signature", signature)
		return h
	}
	tests := map[string]struct {
		header http.Header
		body   string
		want   error
	}{
		"genuine":                     {header("svix", signature), body, nil},
		"changed body":                {header("svix", signature), body + " ", verify.ErrRejected},
		"cut short":                   {header("svix", signature[:20]), body, verify.ErrRejected},
		"headers of another sender":   {header("webhook", signature), body, verify.ErrMissing},
		"a signature without version": {header("svix", signature[3:]), body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed, ok := build(t).(source.Signed)
			if !ok {
				t.Fatal("the source brings no verification")
			}
			v, err := signed.Verification(verify.Keys{Secrets: []secret.Text{secret.New(key)}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{
					Header: tt.header, Body: []byte(tt.body), ReceivedAt: time.Unix(1731705121, 0),
				})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func build(tb testing.TB) source.Source {
	tb.Helper()
	s, err := svix.Definition().Build(func(any) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
