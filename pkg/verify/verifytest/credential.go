package verifytest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"postern/pkg/verify"
)

func changedCredential(s *subject) error {
	if !s.Credential.known() {
		return nil
	}
	signed := s.signed(s.Secrets[0])
	value := s.Credential.read(signed)
	changes, err := s.Credential.changes(value)
	if err != nil {
		return err
	}
	for what, changed := range changes {
		r := s.Credential.write(signed, changed)
		if err := s.refuses(s.all, r, verify.ErrRejected, "credential "+what); err != nil {
			return err
		}
	}
	return s.refuses(s.all, s.Credential.write(signed, value, value), verify.ErrRejected, "credential given twice")
}

// changes gives every kind of wrong value that a genuine one turns into.
func (p Place) changes(value string) (map[string]string, error) {
	before, credential, after, err := p.cut(value)
	if err != nil {
		return nil, err
	}
	raw, err := p.decode(credential)
	if err != nil {
		return nil, fmt.Errorf("the genuine credential cannot be decoded: %w", err)
	}
	middle := len(credential) / 2
	changes := map[string]string{
		"doubled":                         value + value,
		"with another prefix":             "other=" + value,
		"with a newline at the end":       value + "\n",
		"with a newline in the middle":    before + credential[:middle] + "\n" + credential[middle:] + after,
		"with a space in the middle":      before + credential[:middle] + " " + credential[middle:] + after,
		"with a byte more":                before + p.encode(append(bytes.Clone(raw), 0)) + after,
		"with a byte less":                before + p.encode(raw[:len(raw)-1]) + after,
		"with a stray character":          before + credential + "!" + after,
		"with every byte set to zero":     before + p.encode(make([]byte, len(raw))) + after,
		"with bytes that are no encoding": before + strings.Repeat("\xff", len(credential)) + after,
	}
	if other := p.respelled(credential, raw); other != "" {
		changes["in another spelling of the same bytes"] = before + other + after
	}
	if before != "" {
		changes["without its prefix"] = credential + after
		changes["with nothing but its prefix"] = before
	}
	for what, flipped := range flips(raw) {
		changes[what] = before + p.encode(flipped) + after
	}
	for n := 1; n < len(credential); n++ {
		changes[fmt.Sprintf("cut to %d characters", n)] = before + credential[:n] + after
	}
	return changes, nil
}

// respelled gives base64 whose last character has stray bits, which a decoder
// that is not strict ignores; nothing where there is no such spelling.
func (p Place) respelled(credential string, raw []byte) string {
	lenient := base64.StdEncoding
	switch p.Encoding {
	case Base64:
	case Base64URL:
		lenient = base64.RawURLEncoding
	default:
		return ""
	}
	digits := strings.TrimRight(credential, "=")
	padding := credential[len(digits):]
	for c := byte('0'); c <= 'z'; c++ {
		other := digits[:len(digits)-1] + string(c) + padding
		if b, err := lenient.DecodeString(other); err == nil && other != credential && bytes.Equal(b, raw) {
			return other
		}
	}
	return ""
}

func eitherCase(s *subject) error {
	if s.Credential.Encoding != Hex || !s.Credential.known() {
		return nil
	}
	signed := s.signed(s.Secrets[0])
	before, credential, after, err := s.Credential.cut(s.Credential.read(signed))
	if err != nil {
		return err
	}
	for what, written := range map[string]string{
		"hex in lower case": strings.ToLower(credential),
		"hex in upper case": strings.ToUpper(credential),
	} {
		if err := accepts(s.all, s.Credential.write(signed, before+written+after), what); err != nil {
			return err
		}
	}
	return nil
}
