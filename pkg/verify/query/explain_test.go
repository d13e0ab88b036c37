package query_test

import (
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify/query"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const written = "s3cret+token"
	mistake := func(raw string, header http.Header, says string) verifytest.Mistake {
		return verifytest.Mistake{
			Verifier: query.Verifier{Param: "key", Tokens: []secret.Text{secret.New(written)}},
			Request:  &webhook.Request{Header: header, RawQuery: raw}, Says: says, Hidden: []secret.Text{secret.New(written)},
		}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a plus that is not escaped": mistake("key=s3cret+token", nil, "a + in the token arrives as a blank"),
		"escaped twice":              mistake("key=s3cret%252Btoken", nil, "percent-encoded"),
		"a newline":                  mistake("key=s3cret%2Btoken%0A", nil, "a newline or blanks around it"),
		"another parameter":          mistake("token=s3cret%2Btoken", nil, "stands in the query parameter token, and this check reads the query parameter key"),
		"a header":                   mistake("", http.Header{"X-Key": {written}}, "stands in the header X-Key"),
		"given twice":                mistake("key=x&key=s3cret%2Btoken", nil, ""),
		"the same twice":             mistake("key=s3cret%2Btoken&key=x", nil, ""),
		"another":                    mistake("key=another", nil, ""),
	})
}
