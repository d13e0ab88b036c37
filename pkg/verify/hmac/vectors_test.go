package hmac_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// vector is a signed request of a real service, and the row that checks it.
type vector struct {
	Service        string            `json:"service"`
	Published      bool              `json:"published"` // by the service; else computed apart from this code
	Scheme         row               `json:"scheme"`
	Secret         string            `json:"secret"`
	SecretEncoding string            `json:"secret_encoding"` // base64: the key is what it decodes to
	Headers        map[string]string `json:"headers"`
	Body           string            `json:"body"`
}

type row struct {
	Header          string `json:"header"`
	Algorithm       string `json:"algorithm"`
	Encoding        string `json:"encoding"`
	Prefix          string `json:"prefix"`
	Signed          string `json:"signed"`
	TimestampHeader string `json:"timestamp_header"`
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

func (v vector) key(t *testing.T) secret.Text {
	t.Helper()
	if v.SecretEncoding == "" {
		return secret.New(v.Secret)
	}
	raw, err := base64.StdEncoding.DecodeString(v.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(string(raw))
}

// request arrives when the vector was signed.
func (v vector) request(t *testing.T) *webhook.Request {
	t.Helper()
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{}, Body: []byte(v.Body),
		ReceivedAt: time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC),
	}
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	if v.Scheme.TimestampHeader != "" {
		seconds, err := strconv.ParseInt(r.Header.Get(v.Scheme.TimestampHeader), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		r.ReceivedAt = time.Unix(seconds, 0)
	}
	return r
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Service, func(t *testing.T) {
			t.Parallel()
			verifier, err := hmac.Scheme(v.Scheme).Verifier(verify.Keys{
				Secrets: []secret.Text{secret.New("the one before the rotation"), v.key(t)},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := v.request(t)
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
