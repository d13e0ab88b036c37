package routing

import (
	"fmt"
	"strings"

	"postern/pkg/verify"
	"postern/pkg/verify/none"
)

// Verification says in a few words each what proves a caller genuine, all of
// which must pass: the scheme, where it looks, and its algorithm where it has
// one. It holds no secret.
func (e *Endpoint) Verification() []string {
	checks := []verify.Verifier{e.Verifier}
	if several, ok := e.Verifier.(interface{ Checks() []verify.Verifier }); ok {
		checks = several.Checks()
	}
	ranges := len(e.AllowIPs) > 0 || len(e.AllowFrom) > 0
	said := make([]string, 0, len(checks)+1)
	if len(checks) == 0 {
		said = append(said, "no secret is set: everybody is refused")
	}
	for _, v := range checks {
		if _, open := v.(none.Verifier); !open || !ranges {
			said = append(said, describe(v))
		}
	}
	if ranges {
		said = append(said, "allow_ips")
	}
	return said
}

// describe is "hmac X-Hub-Signature-256 sha256". A scheme's package is named as
// the config names the scheme.
func describe(v verify.Verifier) string {
	scheme, _, _ := strings.Cut(strings.TrimLeft(fmt.Sprintf("%T", v), "*"), ".")
	words := []string{scheme}
	c := v.Credentials()
	words = append(words, c.Headers...)
	for _, q := range c.Query {
		words = append(words, "?"+q)
	}
	for _, p := range c.Params {
		words = append(words, "{"+p+"}")
	}
	if a, ok := v.(interface{ Algorithm() string }); ok {
		words = append(words, a.Algorithm())
	}
	return strings.Join(words, " ")
}
