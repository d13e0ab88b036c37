// Package travis is the scheme of Travis CI: RSA over the decoded payload field
// of the form, with the public key that Travis publishes. It takes the key from
// that one address. No timestamp is signed: what keeps a request from being
// repeated is the memory of deliveries, not this.
package travis

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // Travis signs with it
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// KeyURL is where Travis publishes its key.
const KeyURL = "https://api.travis-ci.com/config"

const header = "Signature"

// Definition registers this scheme as "travis". It has no settings.
func Definition() verify.Definition {
	return verify.Define("travis", func(_ struct{}, keys verify.Keys) (Verifier, error) { return New(keys), nil })
}

// New makes the check of every repository on Travis.
func New(keys verify.Keys) Verifier { return Verifier{fetch: keys.Fetch} }

// Verifier checks the signatures of Travis. Without a way to fetch its key it
// refuses everything.
type Verifier struct {
	fetch func(ctx context.Context, url string) ([]byte, error)
}

var _ verify.Verifier = Verifier{}

// Verify refuses what cannot be genuine before it fetches anything.
func (v Verifier) Verify(ctx context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, header)
	if err != nil {
		return err
	}
	signature, err := verify.Base64(value)
	if err != nil {
		return verify.Reject("the Signature header cannot be decoded")
	}
	payload, err := verify.OnlyField(r, "payload")
	if err != nil {
		return err
	}
	key, err := v.key(ctx)
	if err != nil {
		return verify.Unavailable(err)
	}
	sum := sha1.Sum(payload) //nolint:gosec // see the import
	if rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature) != nil {
		return verify.Reject("the Signature does not match the payload")
	}
	return nil
}

func (v Verifier) key(ctx context.Context) (*rsa.PublicKey, error) {
	if v.fetch == nil {
		return nil, errors.New("nothing may be fetched, so the key of Travis cannot be had")
	}
	raw, err := v.fetch(ctx, KeyURL)
	if err != nil {
		return nil, err
	}
	var published struct {
		Config struct {
			Notifications struct {
				Webhook struct {
					PublicKey string `json:"public_key"`
				} `json:"webhook"`
			} `json:"notifications"`
		} `json:"config"`
	}
	unreadable := errors.New("what Travis published is not its public key")
	if json.Unmarshal(raw, &published) != nil {
		return nil, unreadable
	}
	block, _ := pem.Decode([]byte(published.Config.Notifications.Webhook.PublicKey))
	if block == nil {
		return nil, unreadable
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, unreadable
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, unreadable
	}
	return key, nil
}

// Credentials names the header of the signature.
func (Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{header}}
}
