package npm_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/npm"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const header = "X-Npm-Signature"

func suite() sourcetest.Suite { return sourcetest.Suite{Source: npm.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzNpm(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return npm.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestVerificationContract(t *testing.T) {
	verifytest.Run(t, verifytest.Scheme{
		New:        verifier,
		Sign:       func(r *webhook.Request, key secret.Text) { r.Header.Set(header, sign(key.Reveal(), string(r.Body))) },
		Credential: verifytest.Place{Header: header, Prefix: "sha256=", Encoding: verifytest.Hex},
	})
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	const genuine = "sha256=8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"
	for name, tt := range map[string]struct {
		signatures []string
		body       string
		want       error
	}{
		"genuine":        {[]string{genuine}, body, nil},
		"changed body":   {[]string{genuine}, body + " ", verify.ErrRejected},
		"another secret": {[]string{sign("another", body)}, body, verify.ErrRejected},
		"none":           {nil, body, verify.ErrMissing},
		"empty":          {[]string{""}, body, verify.ErrMissing},
		"nothing in it":  {[]string{"sha256="}, body, verify.ErrRejected},
		"doubled":        {[]string{genuine, genuine}, body, verify.ErrRejected},
		"no prefix":      {[]string{genuine[7:]}, body, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := verifier(secret.New("test-secret"))
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{header: tt.signatures}, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	for kind, tt := range map[string]struct {
		severity webhook.Severity
		told     bool
	}{
		"package:publish":    {webhook.Notice, true},
		"package:unpublish":  {webhook.Warning, true},
		"package:deprecated": {webhook.Warning, true},
		"package:owner":      {webhook.Notice, true},
		"package:dist-tag":   {webhook.Info, false},
		"package:star":       {webhook.Info, false},
		"event":              {webhook.Info, false},
	} {
		events, err := npm.Source{}.Events(&webhook.Request{Header: http.Header{}, Body: []byte(`{"event":"` + kind + `"}`)})
		if err != nil || len(events) != 1 || events[0].Severity != tt.severity || events[0].Default != tt.told {
			t.Errorf("%s: got %+v, %v, want %s, %t", kind, events, err, tt.severity, tt.told)
		}
	}
}
