package verify

import (
	"errors"

	"postern/pkg/secret"
)

// Keyed gives the secrets of a scheme that may have its own: those, else the
// endpoint's. None at all is an error, so that nothing is mounted that nobody
// could sign for.
func Keyed(own []secret.Text, keys Keys) ([]secret.Text, error) {
	secrets := keys.Secrets
	if own != nil {
		secrets = own
	}
	if secrets = secret.NonEmpty(secrets); len(secrets) == 0 {
		return nil, errors.New("secrets: none is set")
	}
	return secrets, nil
}
