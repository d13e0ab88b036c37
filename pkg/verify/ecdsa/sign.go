package ecdsa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strconv"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.KeySigner = (*Verifier)(nil)

// SignerOf makes the Signer of a private key: PKCS #8 or SEC 1, in PEM or as
// its base64 alone.
func (v *Verifier) SignerOf(private secret.Text) (verify.Signer, error) {
	return Signer(Config{Header: v.header, TimestampHeader: v.timestamp}, private)
}

// Signer signs as a config says, whose public key it does not need.
func Signer(c Config, private secret.Text) (verify.Signer, error) {
	key, ok := parsePrivate(private.Reveal())
	if !ok {
		return nil, verify.CannotSign("an ECDSA private key is one on the curve P-256, PKCS #8 or SEC 1, in PEM or its base64")
	}
	return verify.SignerFunc(func(r *webhook.Request, now time.Time) error {
		stamp := ""
		if c.TimestampHeader != "" {
			stamp = strconv.FormatInt(now.Unix(), 10)
			r.Header.Set(c.TimestampHeader, stamp)
		}
		signature, err := key.Sign(nil, digest(stamp, r.Body), crypto.SHA256) // the same each time, as RFC 6979 says
		if err != nil {
			return verify.CannotSign("the private key does not sign")
		}
		r.Header.Set(c.Header, base64.StdEncoding.EncodeToString(signature))
		return nil
	}), nil
}

func parsePrivate(text string) (*ecdsa.PrivateKey, bool) {
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		der, _ = verify.Base64(strings.Join(strings.Fields(text), ""))
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		parsed, _ := x509.ParsePKCS8PrivateKey(der)
		key, _ = parsed.(*ecdsa.PrivateKey)
	}
	return key, key != nil && key.Curve == elliptic.P256()
}
