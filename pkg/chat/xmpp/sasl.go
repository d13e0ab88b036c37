package xmpp

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // SCRAM-SHA-1 is what every server has (RFC 6120 13.8); the better one comes first
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxRounds bounds what a server can make us compute.
const maxRounds = 1 << 20

// mechanism is one way to log in.
type mechanism struct {
	name   string
	first  string
	answer func(challenge string) (string, error)
	check  func(success string) error
}

// mechanism takes the best of what is offered. A password in clear goes only
// where encrypt has let us come in clear, or with TLS.
func (s *Sender) mechanism(offered []string) (mechanism, error) {
	password := s.password.Reveal()
	switch {
	case slices.Contains(offered, "SCRAM-SHA-256"):
		return scram("SCRAM-SHA-256", sha256.New, s.user, password), nil
	case slices.Contains(offered, "SCRAM-SHA-1"):
		return scram("SCRAM-SHA-1", sha1.New, s.user, password), nil
	case slices.Contains(offered, "PLAIN"):
		return mechanism{
			name: "PLAIN", first: "\x00" + s.user + "\x00" + password,
			answer: func(string) (string, error) { return "", errors.New("the server asks for more than PLAIN has") },
			check:  func(string) error { return nil },
		}, nil
	}
	return mechanism{}, retry.Never(fmt.Errorf("the server offers no way to log in that is known here (%s)", chat.Words(strings.Join(offered, " "))),
		retry.Broken(), retry.Scope(retry.Account))
}

// scram is RFC 5802, without channel binding. The server proves that it knows
// the password, too.
func scram(name string, h func() hash.Hash, user, password string) mechanism {
	nonce := rand.Text()
	bare := "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) + ",r=" + nonce
	var proof string // the server's
	return mechanism{
		name: name, first: "n,," + bare,
		answer: func(challenge string) (string, error) {
			part := attributes(challenge)
			salt := decode(part["s"])
			rounds, err := strconv.Atoi(part["i"])
			if err != nil || rounds < 1 || rounds > maxRounds || salt == "" || !strings.HasPrefix(part["r"], nonce) || part["r"] == nonce {
				return "", errors.New("the server's challenge is no SCRAM")
			}
			key, err := pbkdf2.Key(h, password, []byte(salt), rounds, h().Size())
			if err != nil {
				return "", fmt.Errorf("log in: %w", err)
			}
			final := "c=biws,r=" + part["r"] // biws is the "n,," of the beginning
			signed := bare + "," + challenge + "," + final
			client := mac(h, key, "Client Key")
			stored := h()
			stored.Write([]byte(client))
			signature := mac(h, stored.Sum(nil), signed)
			proof = mac(h, []byte(mac(h, key, "Server Key")), signed)
			return final + ",p=" + encode(xor(client, signature)), nil
		},
		check: func(success string) error {
			if proof == "" || !hmac.Equal([]byte(decode(attributes(success)["v"])), []byte(proof)) {
				return errors.New("the server did not prove that it knows the password")
			}
			return nil
		},
	}
}

func mac(h func() hash.Hash, key []byte, text string) string {
	m := hmac.New(h, key)
	m.Write([]byte(text))
	return string(m.Sum(nil))
}

func xor(a, b string) string {
	out := []byte(a)
	for i := range out {
		out[i] ^= b[i]
	}
	return string(out)
}

// attributes reads "r=...,s=...,i=...".
func attributes(text string) map[string]string {
	found := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			found[name] = value
		}
	}
	return found
}

// encode is base64; nothing at all is written "=" (RFC 6120 6.4.2).
func encode(s string) string {
	if s == "" {
		return "="
	}
	return base64.StdEncoding.EncodeToString([]byte(s))
}

// decode gives "" for what is no base64.
func decode(s string) string {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return string(b)
}

// hidden is the password, also as PLAIN puts it on the wire.
func hidden(user string, password secret.Text) []secret.Text {
	return []secret.Text{secret.New(encode("\x00" + user + "\x00" + password.Reveal())), password}
}
