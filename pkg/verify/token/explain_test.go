package token_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify/token"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const written = "t0ken+of=the sender"
	mistake := func(configured, header, value, query, says string) verifytest.Mistake {
		r := &webhook.Request{Header: http.Header{}, RawQuery: query}
		if header != "" {
			r.Header.Set(header, value)
		}
		return verifytest.Mistake{
			Verifier: token.Verifier{Header: "X-Token", Tokens: []secret.Text{secret.New(configured)}},
			Request:  r, Says: says, Hidden: []secret.Text{secret.New(written)},
		}
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+written))
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a newline there":      mistake(written, "X-Token", written+"\n", "", "sent with a newline or blanks around it"),
		"a newline here":       mistake(written+"\n", "X-Token", written, "", "configured with a trailing newline"),
		"quotes there":         mistake(written, "X-Token", `"`+written+`"`, "", "sent with quotation marks"),
		"quotes here":          mistake(`"`+written+`"`, "X-Token", written, "", "configured with quotation marks"),
		"Bearer before it":     mistake(written, "X-Token", "Bearer "+written, "", "a word such as Bearer before it"),
		"token= before it":     mistake(written, "X-Token", "Token="+written, "", "a word such as Bearer before it"),
		"escaped":              mistake(written, "X-Token", "t0ken%2Bof%3Dthe%20sender", "", "percent-encoded"),
		"in base64":            mistake(written, "X-Token", base64.StdEncoding.EncodeToString([]byte(written)), "", "sent in base64"),
		"in capitals":          mistake(written, "X-Token", "T0KEN+OF=THE SENDER", "", "in upper and lower case only"),
		"in another header":    mistake(written, "X-Gitlab-Token", written, "", "the token stands in the header X-Gitlab-Token, and this check reads the header X-Token"),
		"as a bearer's":        mistake(written, "Authorization", "Bearer "+written, "", "the token stands in the header Authorization"),
		"as a password":        mistake(written, "Authorization", basic, "", "the token stands in basic authentication in the header Authorization"),
		"in the query":         mistake(written, "", "", "key=t0ken%2Bof%3Dthe+sender", "the token stands in the query parameter key"),
		"nowhere":              mistake(written, "", "", "", ""),
		"another":              mistake(written, "X-Token", "another-token", "key=another-token", ""),
		"a part of it":         mistake(written, "X-Token", written[:5], "", ""),
		"empty, and none here": mistake("", "X-Token", "anything-at-all", "", ""),
	})
}
