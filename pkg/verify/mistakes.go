package verify

import (
	"encoding/hex"
	"fmt"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// Guess is one common mistake with a key: what the sender may have signed with,
// and the line that says so.
type Guess struct {
	Key  secret.Text
	Says string
}

// Trial looks for the common mistake behind a signature with a shared secret.
type Trial struct {
	Secrets []secret.Text // the keys as the check uses them
	Keys    []Guess       // mistakes beside those that can be made with any secret
	Request *webhook.Request
	Body    []byte // what is to be signed; nil: the request's body
	// Match reports whether the signature was made with this key over this
	// body.
	Match func(key secret.Text, body []byte) bool
}

// Find tries one mistake at a time: none, then a wrong key, then a wrong body.
// Where nothing is wrong the line says which secret it was, if there are
// several. The trial runs for the operator alone, so its time is no secret.
func (t Trial) Find() (says string, found bool) {
	secrets := secret.NonEmpty(t.Secrets)
	if t.Body == nil {
		t.Body = t.Request.Body
	}
	for i, s := range secrets {
		if t.Match(s, t.Body) {
			return Which(i, len(secrets)), true
		}
	}
	for _, g := range append(KeyMistakes(secrets), t.Keys...) {
		if t.Match(g.Key, t.Body) {
			return g.Says, true
		}
	}
	for _, b := range BodyMistakes(t.Request, t.Body) {
		for _, s := range secrets {
			if t.Match(s, b.Body) {
				return b.Says, true
			}
		}
	}
	return "", false
}

// Which names one of several secrets, counted from 0; nothing where there is
// one only.
func Which(i, n int) string {
	switch {
	case n < 2:
		return ""
	case i == 0:
		return fmt.Sprintf("signed with secret 1 of %d, the current one", n)
	case n == 2:
		return "signed with secret 2 of 2, the previous one"
	default:
		return fmt.Sprintf("signed with secret %d of %d, an older one", i+1, n)
	}
}

// KeyMistakes are the ways in which a shared secret is written wrong, here or
// at the sender.
func KeyMistakes(secrets []secret.Text) []Guess {
	guesses := []Guess{{secret.New(""), "the sender signs with an empty secret: none is set there"}}
	for i, s := range secrets {
		name := "the secret"
		if len(secrets) > 1 {
			name = fmt.Sprintf("secret %d of %d", i+1, len(secrets))
		}
		for _, g := range mistakes(s.Reveal(), name) {
			guesses = append(guesses, Guess{secret.New(g.key), g.says})
		}
	}
	return guesses
}

type mistake struct{ key, says string }

func mistakes(s, name string) []mistake {
	var found []mistake
	if bare := strings.TrimSpace(s); bare != s && bare != "" {
		found = append(found, mistake{bare, name + " is configured with " + around(s) + ", and the sender has it without: remove it here"})
	}
	if bare := strings.Trim(s, `"'`); bare != s && bare != "" {
		found = append(found, mistake{bare, name + " is configured with quotation marks around it, and the sender has it without: remove them here"})
	}
	for _, tail := range []string{"\n", "\r\n", " "} {
		found = append(found, mistake{s + tail, name + " has " + around(tail) + " at the sender: enter it there again without"})
	}
	found = append(found,
		mistake{" " + s, name + " has a blank before it at the sender: enter it there again without"},
		mistake{`"` + s + `"`, name + " has quotation marks around it at the sender: enter it there again without"},
		mistake{"'" + s + "'", name + " has quotation marks around it at the sender: enter it there again without"})
	if raw, err := Base64(strings.TrimPrefix(s, "whsec_")); err == nil && len(raw) > 0 {
		found = append(found, mistake{string(raw), "the sender decodes " + name + " from base64 before it signs, here its text is the key"})
	}
	if raw, err := hex.DecodeString(s); err == nil && len(raw) > 0 {
		found = append(found, mistake{string(raw), "the sender decodes " + name + " from hex before it signs, here its text is the key"})
	}
	if bare, ok := strings.CutPrefix(s, "whsec_"); ok && bare != "" {
		found = append(found, mistake{bare, "the sender signs with " + name + " without its whsec_, here that is a part of the key"})
	}
	return found
}

// around names what stands around a secret that should not.
func around(s string) string {
	switch {
	case strings.HasSuffix(s, "\n"):
		return "a trailing newline"
	case strings.HasSuffix(s, " "), strings.HasSuffix(s, "\t"):
		return "a trailing blank"
	default:
		return "a blank before it"
	}
}
