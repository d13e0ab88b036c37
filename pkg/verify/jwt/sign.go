package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var (
	_ verify.Signer    = (*Verifier)(nil)
	_ verify.KeySigner = (*Verifier)(nil)
)

// Sign issues a token for this request with the first shared secret.
func (v *Verifier) Sign(r *webhook.Request, now time.Time) error {
	if v.config.Algorithm != HS256 {
		return verify.CannotSign("the endpoint knows the public key only: give the private key, in PEM")
	}
	key, err := verify.FirstSecret(v.secrets)
	if err != nil {
		return err
	}
	return v.issue(r, now, func(signed []byte) ([]byte, error) {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(signed)
		return mac.Sum(nil), nil
	})
}

// SignerOf issues tokens of RS256 or ES256 with a private key in PEM: PKCS #8,
// PKCS #1 or SEC 1.
func (v *Verifier) SignerOf(private secret.Text) (verify.Signer, error) {
	block, _ := pem.Decode([]byte(private.Reveal()))
	if block == nil {
		return nil, verify.CannotSign("a private key for " + v.config.Algorithm + " is one block of PEM")
	}
	var sign func(signed []byte) ([]byte, error)
	switch key := parsePrivate(block.Bytes).(type) {
	case *rsa.PrivateKey:
		if v.config.Algorithm == RS256 {
			sign = signRSA(key)
		}
	case *ecdsa.PrivateKey:
		if v.config.Algorithm == ES256 && key.Curve == elliptic.P256() {
			sign = signECDSA(key)
		}
	}
	if sign == nil {
		return nil, verify.CannotSign("the private key is not of the kind that " + v.config.Algorithm + " needs")
	}
	return verify.SignerFunc(func(r *webhook.Request, now time.Time) error { return v.issue(r, now, sign) }), nil
}

func parsePrivate(der []byte) any {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

func signRSA(key *rsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(signed []byte) ([]byte, error) {
		sum := sha256.Sum256(signed)
		return rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	}
}

func signECDSA(key *ecdsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(signed []byte) ([]byte, error) {
		sum := sha256.Sum256(signed)
		der, err := key.Sign(nil, sum[:], crypto.SHA256) // the same each time, as RFC 6979 says
		if err != nil {
			return nil, err
		}
		var pair struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &pair); err != nil {
			return nil, err
		}
		signature := make([]byte, 2*p256)
		pair.R.FillBytes(signature[:p256])
		pair.S.FillBytes(signature[p256:])
		return signature, nil
	}
}

// issue writes the token where Verify looks for it.
func (v *Verifier) issue(r *webhook.Request, now time.Time, sign func([]byte) ([]byte, error)) error {
	text := part(map[string]any{"alg": v.config.Algorithm}) + "." + part(v.claims(r, now))
	signature, err := sign([]byte(text))
	if err != nil {
		return verify.CannotSign("the private key does not sign")
	}
	text += "." + base64.RawURLEncoding.EncodeToString(signature)
	if v.config.Header == "" {
		r.Header.Set("Authorization", "Bearer "+text)
	} else {
		r.Header.Set(v.config.Header, text)
	}
	return nil
}

// claims are what judge looks at, and no more.
func (v *Verifier) claims(r *webhook.Request, now time.Time) map[string]any {
	claims := map[string]any{}
	if v.config.Issuer != "" {
		claims["iss"] = v.config.Issuer
	}
	if v.config.Audience != "" {
		claims["aud"] = v.config.Audience
	}
	if v.config.BodyHash == "" {
		claims["iat"], claims["exp"] = now.Unix(), now.Add(verify.DefaultTolerance).Unix()
		return claims
	}
	sum := sha256.Sum256(r.Body)
	claims[v.config.BodyHash] = hex.EncodeToString(sum[:])
	return claims
}

func part(fields map[string]any) string {
	text, _ := json.Marshal(fields) // texts and numbers: it cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}
