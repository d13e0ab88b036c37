package catalog_test

import (
	"net/http"
	"slices"
	"testing"

	"postern/internal/catalog"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// TestEverySourcesCheckExplainsAndSigns: a check that wraps another passes on
// what that one can do beside verifying.
func TestEverySourcesCheckExplainsAndSigns(t *testing.T) {
	t.Parallel()
	needsSettings := []string{"discord", "sendgrid", "sns"} // their own tests look at it
	for _, d := range catalog.Sources() {
		s, err := d.Build(settings)
		if err != nil {
			t.Fatal(err)
		}
		signed, ok := s.(source.Signed)
		if !ok {
			continue
		}
		v, err := signed.Verification(verify.Keys{Secrets: []secret.Text{secret.New("cG9zdGVybi1zYW1wbGUtc2VjcmV0")}})
		if needs := slices.Contains(needsSettings, d.Name); needs || err != nil {
			if !needs || err == nil {
				t.Errorf("%s: got %v, want an error of %v alone", d.Name, err, needsSettings)
			}
			continue
		}
		e, explains := v.(verify.Explainer)
		_, signs := v.(verify.Signer)
		if _, bySomebody := v.(verify.KeySigner); !explains || !signs && !bySomebody {
			t.Errorf("%s: its check explains: %t, signs: %t", d.Name, explains, signs)
			continue
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte("{}")}
		if err := v.Verify(t.Context(), r); err == nil {
			t.Errorf("%s takes a bare request", d.Name)
		} else if says := e.Explain(r, err); len(says) > 300 {
			t.Errorf("%s says %q", d.Name, says)
		}
	}
}
