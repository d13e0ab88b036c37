package standardwebhooks

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain finds out how a signature was made that the standard does not know.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	given, unreadable := read(v.prefix+"signature", r.Header.Get(v.prefix+"signature"))
	id, stamp := r.Header.Get(v.prefix+"id"), r.Header.Get(v.prefix+"timestamp")
	trial := verify.Trial{
		Secrets: v.secrets, Keys: v.undecoded(), Request: r,
		Match: func(key secret.Text, body []byte) bool {
			one := Verifier{secrets: []secret.Text{key}}
			return one.matches(given, append([]byte(id+"."+stamp+"."), body...))
		},
	}
	switch {
	case errors.Is(err, verify.ErrOutOfRange):
		signed, err := verify.Timestamp(stamp)
		if err != nil {
			return ""
		}
		which, _ := trial.Find()
		return strings.TrimSuffix(verify.Skewed(signed, r)+"; "+which, "; ")
	case errors.Is(err, verify.ErrMissing) || unreadable != nil:
		return v.elsewhere(r)
	}
	if says, ok := trial.Find(); ok {
		return says
	}
	return v.mismatched(given, r, id+"."+stamp+".")
}

// mismatched tells a key of the wrong kind, and the mistakes of a sender with a
// private key.
func (v *Verifier) mismatched(given signatures, r *webhook.Request, head string) string {
	switch {
	case len(v.public) == 0 && len(given.symmetric) == 0:
		return "the sender signs with a private key (v1a): its whpk_ public key is wanted here"
	case len(v.secrets) == 0 && len(given.asymmetric) == 0:
		return "the sender signs with a shared secret (v1): its whsec_ secret is wanted here"
	}
	for _, b := range verify.BodyMistakes(r, r.Body) {
		one := Verifier{public: v.public[:min(1, len(v.public))]}
		if len(given.asymmetric) > 0 && one.matches(signatures{asymmetric: given.asymmetric[:1]}, append([]byte(head), b.Body...)) {
			return b.Says
		}
	}
	return ""
}

// elsewhere finds the three headers under the other names that they have.
func (v *Verifier) elsewhere(r *webhook.Request) string {
	for _, other := range []string{DefaultHeaderPrefix, "svix-"} {
		if other != v.prefix && r.Header.Get(other+"signature") != "" && r.Header.Get(v.prefix+"signature") == "" {
			return fmt.Sprintf("the request carries %ssignature, and %ssignature is wanted: is the source right?", other, v.prefix)
		}
	}
	return ""
}

// undecoded are the secrets as they are written.
func (v *Verifier) undecoded() []verify.Guess {
	var guesses []verify.Guess
	for _, s := range v.secrets {
		text := base64.StdEncoding.EncodeToString([]byte(s.Reveal()))
		for _, written := range []string{text, "whsec_" + text} {
			guesses = append(guesses, verify.Guess{
				Key: secret.New(written), Says: "the sender signs with the text of the secret: it is to be decoded from base64 first",
			})
		}
	}
	return guesses
}
