package verify

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Base64 decodes the standard alphabet in one spelling only: padded, without
// stray bits and without line breaks, which encoding/base64 skips even when it
// is strict.
func Base64(text string) ([]byte, error) { return strictly(base64.StdEncoding, text) }

// Base64URL decodes the URL alphabet as JOSE writes it: not padded, in one
// spelling only.
func Base64URL(text string) ([]byte, error) { return strictly(base64.RawURLEncoding, text) }

// strictly tells nothing of the text in its error: it may be a secret.
func strictly(encoding *base64.Encoding, text string) ([]byte, error) {
	raw, err := encoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("not base64")
	}
	return raw, nil
}
