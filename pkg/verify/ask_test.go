package verify_test

import (
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/basic"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// TestAsk: of several checks the one that refused is asked for.
func TestAsk(t *testing.T) {
	t.Parallel()
	const want = `Basic realm="postern"`
	user := basic.Verifier{Username: "u", Password: secret.New("s3cret-word")}
	header := token.Verifier{Header: "X-A", Tokens: []secret.Text{secret.New("s3cret-token")}}
	for name, c := range map[string]struct {
		v    verify.Verifier
		want string
	}{
		"alone":                 {user, want},
		"first":                 {verify.All(user, header), want},
		"within":                {verify.All(verify.All(user, header), header), want},
		"behind another":        {verify.All(header, user), ""},
		"what cannot be asked":  {header, ""},
		"a verifier of nothing": {verify.All(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.v.Verify(t.Context(), &webhook.Request{Header: http.Header{}})
			if got := verify.Ask(c.v, err); err == nil || got != c.want {
				t.Errorf("got %q for %v, want %q", got, err, c.want)
			}
		})
	}
}
