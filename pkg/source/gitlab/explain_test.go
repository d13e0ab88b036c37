package gitlab_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/gitlab"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const plain = "the-plain-token"
	signing := "whsec_" + base64.StdEncoding.EncodeToString([]byte("the bytes of a signing token"))
	mistake := func(secrets []string, header, value, says string) verifytest.Mistake {
		keys := verify.Keys{}
		for _, text := range secrets {
			keys.Secrets = append(keys.Secrets, secret.New(text))
		}
		v, err := gitlab.Source{}.Verification(keys)
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte(`{}`)}
		r.Header.Set(header, value)
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: keys.Secrets}
	}
	unaccompanied := mistake([]string{signing, plain}, "Webhook-Id", "1", "a signature and no secret token")
	if err := verify.SignAs(unaccompanied.Verifier, unaccompanied.Request, time.Unix(1700000000, 0)); err != nil {
		t.Fatal(err)
	}
	unaccompanied.Request.ReceivedAt = time.Unix(1700000000, 0)
	unaccompanied.Request.Header.Del("X-Gitlab-Token")
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a plain token for a signing one": mistake([]string{signing}, "X-Gitlab-Token", plain, "GitLab sends its plain secret token"),
		"a newline behind the token":      mistake([]string{plain + "\n"}, "X-Gitlab-Token", plain, "configured with a trailing newline"),
		"the token as a bearer's":         mistake([]string{signing, plain}, "Authorization", "Bearer "+plain, "stands in the header Authorization"),
		"no signature beside the token":   mistake([]string{signing, plain}, "X-Gitlab-Token", plain, "plain secret token and no signature"),
		"no token beside the signature":   unaccompanied,
		"a stranger":                      mistake([]string{plain}, "X-Gitlab-Token", "another-token", ""),
		"a stranger's among both":         mistake([]string{signing, plain}, "X-Gitlab-Token", "another-token", ""),
	})
}
