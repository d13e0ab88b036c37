package standardwebhooks

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var (
	_ verify.Signer    = (*Verifier)(nil)
	_ verify.KeySigner = (*Verifier)(nil)
)

// PrivateKeyPrefix begins a private key of v1a.
const PrivateKeyPrefix = "whsk_"

// Sign signs as v1 says. A request without an id is given one.
func (v *Verifier) Sign(r *webhook.Request, now time.Time) error {
	key, err := verify.FirstSecret(v.secrets)
	if err != nil && len(v.public) > 0 {
		return verify.CannotSign("the endpoint knows the public key only: give the private key, whsk_ and base64")
	}
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(v.envelope(r, now))
	r.Header.Set(v.prefix+"signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return nil
}

// SignerOf signs as v1a says. The key is whsk_ and base64 of an Ed25519 private
// key: 64 bytes, or its seed of 32.
func (v *Verifier) SignerOf(private secret.Text) (verify.Signer, error) {
	key, ok := privateKey(private.Reveal())
	if !ok {
		return nil, verify.CannotSign("a private key of v1a is whsk_ and the base64 of 64 bytes, or of a seed of 32")
	}
	return verify.SignerFunc(func(r *webhook.Request, now time.Time) error {
		signature := ed25519.Sign(key, v.envelope(r, now))
		r.Header.Set(v.prefix+"signature", "v1a,"+base64.StdEncoding.EncodeToString(signature))
		return nil
	}), nil
}

func privateKey(text string) (ed25519.PrivateKey, bool) {
	encoded, ok := strings.CutPrefix(text, PrivateKeyPrefix)
	raw, err := verify.Base64(encoded)
	switch {
	case !ok || err != nil:
		return nil, false
	case len(raw) == ed25519.SeedSize:
		return ed25519.NewKeyFromSeed(raw), true
	default:
		return raw, len(raw) == ed25519.PrivateKeySize
	}
}

// envelope sets id and time, and gives what is signed.
func (v *Verifier) envelope(r *webhook.Request, now time.Time) []byte {
	id, stamp := r.Header.Get(v.prefix+"id"), strconv.FormatInt(now.Unix(), 10)
	if id == "" {
		id = "msg_" + rand.Text()
		r.Header.Set(v.prefix+"id", id)
	}
	r.Header.Set(v.prefix+"timestamp", stamp)
	return signed(id, stamp, r.Body)
}

// signed is what both versions sign.
func signed(id, stamp string, body []byte) []byte { return append([]byte(id+"."+stamp+"."), body...) }

// Unkeyed is the Verifier of a sender with a private key whose public half is
// not known: it takes nothing, and its SignerOf makes samples.
func Unkeyed(headerPrefix string) *Verifier { return &Verifier{prefix: headerPrefix} }
