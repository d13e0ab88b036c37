package basic_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify/basic"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const password = "s3cret-password"
	mistake := func(header, value, says string) verifytest.Mistake {
		return verifytest.Mistake{
			Verifier: basic.Verifier{Username: "azure", Password: secret.New(password)},
			Request:  &webhook.Request{Header: http.Header{header: {value}}}, Says: says, Hidden: []secret.Text{secret.New(password)},
		}
	}
	pair := func(user, word string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+word))
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"another user":        mistake("Authorization", pair("Azure", password), "the password is right and the user name is another"),
		"no user":             mistake("Authorization", pair("", password), "the password is right and the user name is empty"),
		"in the user's place": mistake("Authorization", pair(password, ""), "stands in the place of the user name"),
		"a newline":           mistake("Authorization", pair("azure", password+"\n"), "a newline or blanks around it"),
		"as a bearer's":       mistake("Authorization", "Bearer "+password, "stands in the header Authorization"),
		"in another header":   mistake("X-Token", password, "stands in the header X-Token"),
		"another password":    mistake("Authorization", pair("azure", "another-password"), ""),
		"nothing":             mistake("X-Token", "another-password", ""),
	})
}

// What refused is something else: nothing is said against the right credentials.
func TestTheRightCredentialsAreNotBlamed(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"azure", ""} {
		v := basic.Verifier{Username: user, Password: secret.New("s3cret-password")}
		r := &webhook.Request{Header: http.Header{}}
		if err := v.Sign(r, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if says := v.Explain(r, nil); says != "" {
			t.Errorf("user %q: got %q, want nothing", user, says)
		}
	}
}
