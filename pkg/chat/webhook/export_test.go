package webhook

import "postern/pkg/secret"

// Vector signs as Send does, with a time of the test's choice.
func Vector(written, id, stamp, body string) string {
	key, err := keyOf(written)
	if err != nil {
		return err.Error()
	}
	return sign(secret.New(string(key)), id, stamp, []byte(body))
}
