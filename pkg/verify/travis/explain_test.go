package travis_test

import (
	"net/http"
	"testing"

	"postern/pkg/verify"
	"postern/pkg/verify/travis"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	mistake := func(kind, says string, header ...string) verifytest.Mistake {
		r := &webhook.Request{Header: http.Header{"Content-Type": {kind}}, Body: []byte(payload)}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return verifytest.Mistake{Verifier: travis.New(verify.Keys{}), Request: r, Says: says}
	}
	signature := sign("the key of Travis", "{}")
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"JSON in the place of the form": mistake("application/json", "Travis posts a form", "Signature", signature, "Travis-Repo-Slug", "acme/widgets"),
		"something else":                mistake("application/json", "something else than Travis"),
		"a stranger":                    mistake("application/json", "", "Signature", signature),
	})
}
