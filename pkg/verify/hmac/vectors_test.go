package hmac_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// vector is a signed request of a real service, and the row that checks it.
type vector struct {
	Service   string            `json:"service"`
	Published bool              `json:"published"` // by the service; else computed apart from this code
	Scheme    row               `json:"scheme"`
	Secret    string            `json:"secret"`
	Before    string            `json:"before"`    // a secret before the rotation, in the same form
	SignedAt  int64             `json:"signed_at"` // Unix seconds, where a timestamp is signed
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
}

// row is an hmac.Scheme in JSON.
type row struct {
	Header          string `json:"header"`
	Algorithm       string `json:"algorithm"`
	Encoding        string `json:"encoding"`
	Prefix          string `json:"prefix"`
	Separator       string `json:"separator"`
	Signed          string `json:"signed"`
	TimestampHeader string `json:"timestamp_header"`
	TimestampPrefix string `json:"timestamp_prefix"`
	FormField       string `json:"form_field"`
	SecretPrefix    string `json:"secret_prefix"`
	SecretEncoding  string `json:"secret_encoding"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no vectors")
	}
	return all
}

// request arrives when the vector was signed.
func (v vector) request() *webhook.Request {
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{}, Body: []byte(v.Body),
		ReceivedAt: time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC),
	}
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	if v.SignedAt != 0 {
		r.ReceivedAt = time.Unix(v.SignedAt, 0)
	}
	return r
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Service, func(t *testing.T) {
			t.Parallel()
			verifier, err := hmac.Scheme(v.Scheme).Verifier(verify.Keys{
				Secrets: []secret.Text{secret.New(cmp.Or(v.Before, "the one before the rotation")), secret.New(v.Secret)},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := v.request()
			if err := verifier.Verify(t.Context(), r); err != nil {
				t.Errorf("as the service sends it: got %v, want nil", err)
			}
			r.Body = append(r.Body, ' ')
			if err := verifier.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
				t.Errorf("with a changed body: got %v, want %v", err, verify.ErrRejected)
			}
		})
	}
}
