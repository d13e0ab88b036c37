package bearer_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify/bearer"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const written = "s3cret-token"
	mistake := func(header, value, says string) verifytest.Mistake {
		return verifytest.Mistake{
			Verifier: bearer.Verifier{Tokens: []secret.Text{secret.New(written)}},
			Request:  &webhook.Request{Header: http.Header{header: {value}}}, Says: says, Hidden: []secret.Text{secret.New(written)},
		}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"the token alone":   mistake("Authorization", written, "the sender must write Bearer before it"),
		"another word":      mistake("Authorization", "Token "+written, "behind another word than Bearer"),
		"as a password":     mistake("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(":"+written)), "comes as basic authentication"),
		"Bearer twice":      mistake("Authorization", "Bearer Bearer "+written, "a word such as Bearer before it"),
		"a newline":         mistake("Authorization", "Bearer "+written+"\n", "a newline or blanks around it"),
		"in another header": mistake("X-Token", written, "stands in the header X-Token"),
		"another":           mistake("Authorization", "Bearer another-token", ""),
		"another word, too": mistake("Authorization", "Token another-token", ""),
		"nowhere":           mistake("X-Token", "another-token", ""),
	})
}
