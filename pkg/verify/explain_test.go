package verify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// TestAllPassesTheQuestionOn: to the check that refused, however deep it lies.
func TestAllPassesTheQuestionOn(t *testing.T) {
	t.Parallel()
	check := func(header string) verify.Verifier {
		return token.Verifier{Header: header, Tokens: []secret.Text{secret.New("s3cret-token")}}
	}
	header := func(names ...string) *webhook.Request {
		r := &webhook.Request{Header: http.Header{"X-Else": {"s3cret-token"}}}
		for _, name := range names {
			r.Header.Set(name, "s3cret-token")
		}
		return r
	}
	mute := answer{err: verify.Reject("no")}
	for name, c := range map[string]struct {
		v    verify.Verifier
		r    *webhook.Request
		want string
	}{
		"the first":           {verify.All(check("X-A"), check("X-B")), header(), "reads the header X-A"},
		"the second":          {verify.All(check("X-A"), check("X-B")), header("X-A"), "reads the header X-B"},
		"one of one":          {verify.All(check("X-A")), header(), "reads the header X-A"},
		"one within":          {verify.All(check("X-A"), verify.All(check("X-B"), check("X-C"))), header("X-A", "X-B"), "reads the header X-C"},
		"one that is mute":    {verify.All(check("X-A"), mute), header("X-A"), ""},
		"none":                {verify.All(), header(), ""},
		"one behind the mute": {verify.All(mute, check("X-A")), header(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.v.Verify(t.Context(), c.r)
			if err == nil {
				t.Fatal("accepted, want it refused")
			}
			says := c.v.(verify.Explainer).Explain(c.r, err)
			if !strings.Contains(says, c.want) || c.want == "" && says != "" {
				t.Errorf("got %q, want %q in it", says, c.want)
			}
		})
	}
}

func TestWhich(t *testing.T) {
	t.Parallel()
	for want, c := range map[string][2]int{
		"": {0, 1}, "signed with secret 1 of 3, the current one": {0, 3},
		"signed with secret 2 of 2, the previous one": {1, 2}, "signed with secret 3 of 3, an older one": {2, 3},
	} {
		if got := verify.Which(c[0], c[1]); got != want {
			t.Errorf("secret %d of %d: got %q, want %q", c[0], c[1], got, want)
		}
	}
}

func TestSkewed(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for signed, want := range map[time.Duration]string{
		90 * time.Second: "90 s ahead", -time.Hour: "signed 3600 s ago",
	} {
		if got := verify.Skewed(now.Add(signed), &webhook.Request{ReceivedAt: now}); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}
