package httpsignature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain finds a secret written wrong, a body that is not the one of the
// digest, and a clock that is off.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	names, given, unread := read(r.Header.Get(header))
	if unread != nil {
		return ""
	}
	message, unread := message(r, names)
	if unread != nil {
		return ""
	}
	trial := verify.Trial{Secrets: v.secrets, Request: r, Match: func(key secret.Text, body []byte) bool {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(message)
		return hmac.Equal(mac.Sum(nil), given) && string(body) == string(r.Body)
	}}
	says, ok := trial.Find()
	switch {
	case !ok:
		return ""
	case errors.Is(err, verify.ErrOutOfRange):
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(verify.Skewed(date, r)+"; "+says, "; ")
	case digest(r) != nil:
		return digested(r)
	default:
		return says
	}
}

// digested finds the body that a signed digest is of.
func digested(r *webhook.Request) string {
	_, encoded, _ := strings.Cut(r.Header.Get("Digest"), "=")
	for _, b := range verify.BodyMistakes(r, r.Body) {
		sum := sha256.Sum256(b.Body)
		if base64.StdEncoding.EncodeToString(sum[:]) == encoded {
			return b.Says
		}
	}
	return "the signature is right and the Digest is of another body: it was changed on its way"
}
