package field_test

import (
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify/field"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const written = "s3cret-token"
	mistake := func(body, query, says string) verifytest.Mistake {
		return verifytest.Mistake{
			Verifier: field.Verifier{Field: "auth.token", Tokens: []secret.Text{secret.New(written)}},
			Request: &webhook.Request{
				Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body), RawQuery: query,
			},
			Says: says, Hidden: []secret.Text{secret.New(written)},
		}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a newline":    mistake(`{"auth":{"token":"s3cret-token\n"}}`, "", "a newline or blanks around it"),
		"in the query": mistake(`{}`, "key=s3cret-token", "stands in the query parameter key, and this check reads the field auth.token"),
		"another":      mistake(`{"auth":{"token":"another"}}`, "", ""),
		"missing":      mistake(`{}`, "", ""),
		"not JSON":     mistake(`{`, "", ""),
	})
}
