package hmac

import (
	"errors"
	"fmt"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
)

// candidates refuses a scheme whose header nobody could read.
func (s Scheme) candidates() error {
	switch {
	case s.TimestampPrefix != "" && s.Separator == "":
		return errors.New("timestamp_prefix: it marks one of several candidates, so a separator must be set")
	case s.TimestampPrefix != "" && s.TimestampHeader != "":
		return errors.New("timestamp_prefix: the timestamp has a header of its own already")
	case s.Separator != "" && strings.Contains(s.Prefix+s.TimestampPrefix, s.Separator):
		return errors.New("separator: a prefix holds it, so no candidate could carry that prefix")
	default:
		return nil
	}
}

// keys gives the secrets as the keys that they stand for.
func (s Scheme) keys(secrets []secret.Text) ([]secret.Text, error) {
	if s.SecretEncoding != "" && s.SecretEncoding != "base64" {
		return nil, fmt.Errorf("secret_encoding: %q is not base64", s.SecretEncoding)
	}
	var keys []secret.Text
	for _, text := range secret.NonEmpty(secrets) {
		key := strings.TrimPrefix(text.Reveal(), s.SecretPrefix)
		if s.SecretEncoding == "base64" {
			raw, err := verify.Base64(key)
			if err != nil {
				return nil, errors.New("secrets: one of them is not base64")
			}
			key = string(raw)
		}
		if key == "" {
			return nil, errors.New("secrets: one of them is empty behind its prefix")
		}
		keys = append(keys, secret.New(key))
	}
	return keys, nil
}

// read takes a header value apart: the signatures, of the algorithm's own
// length each, and the timestamp beside them where the scheme has one.
func (v *Verifier) read(value string) (signatures [][]byte, timestamp string, err error) {
	s := v.scheme
	if s.Separator == "" {
		signature, err := v.signature(value)
		return [][]byte{signature}, "", err
	}
	for candidate := range strings.SplitSeq(value, s.Separator) {
		candidate = strings.Trim(candidate, " \t")
		if stamp, ok := strings.CutPrefix(candidate, s.TimestampPrefix); ok && s.TimestampPrefix != "" {
			if timestamp != "" {
				return nil, "", verify.Reject("the " + s.Header + " header holds several timestamps")
			}
			timestamp = stamp
			continue
		}
		if !strings.HasPrefix(candidate, s.Prefix) {
			continue
		}
		signature, err := v.signature(candidate)
		if err != nil {
			return nil, "", err
		}
		signatures = append(signatures, signature)
	}
	switch {
	case s.TimestampPrefix != "" && timestamp == "":
		return nil, "", verify.Reject(fmt.Sprintf("the %s header holds no %q", s.Header, s.TimestampPrefix))
	case len(signatures) == 0:
		return nil, "", verify.Reject(fmt.Sprintf("the %s header holds no signature that begins with %q", s.Header, s.Prefix))
	default:
		return signatures, timestamp, nil
	}
}

// signature decodes one candidate: the prefix, and one signature of the
// algorithm's own length behind it.
func (v *Verifier) signature(value string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(value, v.scheme.Prefix)
	if !ok {
		return nil, verify.Reject(fmt.Sprintf("the %s header does not begin with %q", v.scheme.Header, v.scheme.Prefix))
	}
	given, err := v.decode(encoded)
	if err != nil {
		return nil, verify.Reject("the " + v.scheme.Header + " header cannot be decoded")
	}
	if want := v.newHash().Size(); len(given) != want {
		return nil, verify.Reject(fmt.Sprintf("the %s signature has %d bytes, want %d", v.scheme.Header, len(given), want))
	}
	return given, nil
}
