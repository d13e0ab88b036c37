package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"postern/pkg/secret"
)

// Match reports whether given is one of the secrets. The time it takes tells
// neither how much of it was right, nor how long a secret is, nor which one
// matched. An empty secret matches nothing.
func Match(given string, secrets []secret.Text) bool {
	sum := sha256.Sum256([]byte(given)) // sums are of one length: a plain compare would tell the secret's
	found := 0
	for _, s := range secret.NonEmpty(secrets) {
		want := sha256.Sum256([]byte(s.Reveal()))
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return found == 1
}

// Tokens gives the tokens of a config that takes `token` or `tokens`: one or
// the other, and none of them empty.
func Tokens(one secret.Text, several []secret.Text) ([]secret.Text, error) {
	switch {
	case !one.Empty() && len(several) > 0:
		return nil, errors.New("token: set either token or tokens, not both")
	case !one.Empty():
		return []secret.Text{one}, nil
	case len(several) == 0:
		return nil, errors.New("token: none is set")
	case len(secret.NonEmpty(several)) < len(several):
		return nil, errors.New("tokens: one of them is empty")
	default:
		return several, nil
	}
}
