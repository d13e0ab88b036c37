package verify

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// ErrCannotSign is why a request cannot be signed here: only its sender has
// the key, or the key that was given is of another form.
var ErrCannotSign = errors.New("it cannot be signed here")

// Signer is implemented by a Verifier that holds all that its sender signs
// with: it makes samples and tests of what Verify takes. Nothing that receives
// calls it.
type Signer interface {
	// Sign puts on the request what proves it genuine, as the real sender does
	// at the time now, with the first secret. It replaces what stands there
	// already; headers that the sender sets beside the signature are set where
	// they are missing. Signed twice at one time, a request is the same. Without
	// a secret it is ErrNotConfigured, for lack of a signed header ErrMissing,
	// otherwise ErrCannotSign. It is safe for concurrent use.
	Sign(r *webhook.Request, now time.Time) error
}

// KeySigner is implemented by a Verifier, or by a source, that knows the public
// half of its sender's key only.
type KeySigner interface {
	// SignerOf makes the Signer that has the private half. The error is
	// ErrCannotSign, says which form the key has, and shows none of it.
	SignerOf(private secret.Text) (Signer, error)
}

// SignerFunc is a Signer of one function.
type SignerFunc func(r *webhook.Request, now time.Time) error

// Sign calls the function.
func (f SignerFunc) Sign(r *webhook.Request, now time.Time) error { return f(r, now) }

// CannotSign says why, in one clear line.
func CannotSign(cause string) error { return &refusal{is: ErrCannotSign, cause: cause} }

// FirstSecret gives the secret that signs: the first that is not empty.
func FirstSecret(secrets []secret.Text) (secret.Text, error) {
	if secrets = secret.NonEmpty(secrets); len(secrets) > 0 {
		return secrets[0], nil
	}
	return secret.Text{}, NotConfigured()
}

// SetQuery gives a request the one value of a query parameter, in both places
// where it holds its query. Everything else stays as it is written.
func SetQuery(r *webhook.Request, name, value string) {
	pairs := strings.Split(r.RawQuery, "&")
	if r.RawQuery == "" {
		pairs = nil
	}
	own := func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		known, err := url.QueryUnescape(key)
		return err == nil && known == name
	}
	at := slices.IndexFunc(pairs, own)
	if pairs = slices.DeleteFunc(pairs, own); at < 0 {
		at = len(pairs)
	}
	r.RawQuery = strings.Join(slices.Insert(pairs, at, url.QueryEscape(name)+"="+url.QueryEscape(value)), "&")
	address, _, _ := strings.Cut(r.URL, "?")
	r.URL = address + "?" + r.RawQuery
}

// Sign signs for every check. It does so twice, because one credential may lie
// in what another one covers: a token in the body, or in the URL.
func (a all) Sign(r *webhook.Request, now time.Time) error {
	if len(a) == 0 {
		return NotConfigured()
	}
	for range 2 {
		for _, v := range a {
			if err := SignAs(v, r, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// SignAs signs with what a Verifier holds; ErrCannotSign where that is not
// enough.
func SignAs(v Verifier, r *webhook.Request, now time.Time) error {
	if s, ok := v.(Signer); ok {
		return s.Sign(r, now)
	}
	if _, ok := v.(KeySigner); ok {
		return CannotSign("the endpoint knows the public key only: give the private key")
	}
	return CannotSign("this check does not say how its sender signs")
}

// SignerOf gives each check that knows a public key only the private one; the
// others sign with what they hold.
func (a all) SignerOf(private secret.Text) (Signer, error) {
	signing := make(all, 0, len(a))
	found := false
	for _, v := range a {
		k, ok := v.(KeySigner)
		if !ok {
			signing = append(signing, v)
			continue
		}
		s, err := k.SignerOf(private)
		if err != nil {
			return nil, err
		}
		signing, found = append(signing, signingAlone{Verifier: v, Signer: s}), true
	}
	if !found {
		return nil, CannotSign("no check of this endpoint takes a private key")
	}
	return signing, nil
}

// signingAlone is a Verifier with a Signer that was made for it.
type signingAlone struct {
	Verifier
	Signer
}
