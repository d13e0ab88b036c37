package gitea_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/gitea"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const key, body = "the-secret-of-gitea", "payload=%7B%7D"
	mistake := func(with, signed, says string) verifytest.Mistake {
		keys := verify.Keys{Secrets: []secret.Text{secret.New(key)}}
		v, err := gitea.New("gitea", "X-Gitea-").Verification(keys)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, []byte(with))
		mac.Write([]byte(signed))
		r := &webhook.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(body)}
		r.Header.Set("X-Gitea-Signature", hex.EncodeToString(mac.Sum(nil)))
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: keys.Secrets}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"the form in the place of its JSON": mistake(key, body, "over the form as it is sent"),
		"a newline behind the secret":       mistake(key+"\n", "{}", "a trailing newline at the sender"),
		"a stranger":                        mistake("another-secret", "{}", ""),
	})
}
