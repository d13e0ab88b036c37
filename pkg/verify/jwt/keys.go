package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// key checks signatures of one algorithm. Its id is a JWKS's kid, if any.
type key struct {
	id    string
	check func(signed, signature []byte) bool
}

// shared gives the keys of HS256.
func shared(c Config, keys verify.Keys) ([]secret.Text, []key, error) {
	if !c.PublicKey.Empty() {
		return nil, nil, errors.New("public_key: HS256 signs with a shared secret, write secrets")
	}
	secrets, err := verify.Keyed(c.Secrets, keys)
	if err != nil {
		return nil, nil, err
	}
	var list []key
	for _, text := range secrets {
		if strings.Contains(text.Reveal(), "-----BEGIN ") {
			return nil, nil, errors.New("secrets: a PEM key is no shared secret: anybody who knows it could sign")
		}
		list = append(list, key{check: symmetric(text)})
	}
	return secrets, list, nil
}

func symmetric(text secret.Text) func(signed, signature []byte) bool {
	return func(signed, signature []byte) bool {
		mac := hmac.New(sha256.New, []byte(text.Reveal()))
		mac.Write(signed)
		return hmac.Equal(mac.Sum(nil), signature)
	}
}

// public gives the keys of RS256 or ES256.
func public(c Config) ([]key, error) {
	if len(c.Secrets) > 0 {
		return nil, fmt.Errorf("secrets: %s signs with a private key, write public_key", c.Algorithm)
	}
	text := strings.TrimSpace(c.PublicKey.Reveal())
	switch {
	case text == "":
		return nil, errors.New("public_key: none is set")
	case strings.HasPrefix(text, "{"):
		return jwks(text, c.Algorithm)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("public_key: it is neither one PEM block nor a JWKS document")
	}
	parsed, err := parsePublic(block)
	if err != nil {
		return nil, err
	}
	check, err := asymmetric(c.Algorithm, parsed)
	if err != nil {
		return nil, err
	}
	return []key{{check: check}}, nil
}

func parsePublic(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("public_key: the PEM block is no public key")
		}
		return parsed, nil
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("public_key: the PEM block is no certificate")
		}
		return cert.PublicKey, nil
	default:
		return nil, errors.New("public_key: the PEM block is neither a PUBLIC KEY nor a CERTIFICATE")
	}
}

const fewestBits = 2048

// asymmetric gives the check of one algorithm, and refuses a key of another.
func asymmetric(algorithm string, parsed any) (func(signed, signature []byte) bool, error) {
	switch public := parsed.(type) {
	case *rsa.PublicKey:
		if algorithm != RS256 {
			break
		}
		if public.N.BitLen() < fewestBits {
			return nil, fmt.Errorf("public_key: an RSA key must have at least %d bits", fewestBits)
		}
		return func(signed, signature []byte) bool {
			sum := sha256.Sum256(signed)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
		}, nil
	case *ecdsa.PublicKey:
		if algorithm != ES256 || public.Curve != elliptic.P256() {
			break
		}
		return func(signed, signature []byte) bool {
			if len(signature) != 2*p256 {
				return false
			}
			sum := sha256.Sum256(signed)
			r, s := new(big.Int).SetBytes(signature[:p256]), new(big.Int).SetBytes(signature[p256:])
			return ecdsa.Verify(public, sum[:], r, s)
		}, nil
	}
	return nil, fmt.Errorf("public_key: it is not of the kind that %s needs", algorithm)
}

const p256 = 32 // bytes of a coordinate

// jwks takes the keys of a JWKS document that fit the algorithm.
func jwks(text, algorithm string) ([]key, error) {
	document, err := webhook.DecodeJSON([]byte(text))
	if err != nil {
		return nil, errors.New("public_key: the JWKS document is not JSON")
	}
	top, _ := document.(map[string]any)
	entries, _ := top["keys"].([]any)
	var list []key
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		jwk := jwk(fields)
		if !jwk.signs(algorithm) {
			continue
		}
		parsed, err := jwk.public()
		if err != nil {
			return nil, err
		}
		check, err := asymmetric(algorithm, parsed)
		if err != nil {
			return nil, err
		}
		list = append(list, key{id: jwk.text("kid"), check: check})
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("public_key: the JWKS document holds no key for %s", algorithm)
	}
	return list, nil
}

type jwk map[string]any

func (k jwk) text(name string) string {
	s, _ := k[name].(string)
	return s
}

// signs leaves out keys of other kinds and other uses.
func (k jwk) signs(algorithm string) bool {
	if alg := k.text("alg"); alg != "" && alg != algorithm {
		return false
	}
	if use := k.text("use"); use != "" && use != "sig" {
		return false
	}
	if algorithm == ES256 {
		return k.text("kty") == "EC" && k.text("crv") == "P-256"
	}
	return k.text("kty") == "RSA"
}

func (k jwk) public() (any, error) {
	broken := errors.New("public_key: a key of the JWKS document cannot be read")
	if k.text("kty") == "RSA" {
		n, err := verify.Base64URL(k.text("n"))
		if err != nil || len(n) == 0 {
			return nil, broken
		}
		e, err := verify.Base64URL(k.text("e"))
		if err != nil || len(e) == 0 || len(e) > 3 {
			return nil, broken
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	}
	x, err := verify.Base64URL(k.text("x"))
	if err != nil || len(x) != p256 {
		return nil, broken
	}
	y, err := verify.Base64URL(k.text("y"))
	if err != nil || len(y) != p256 {
		return nil, broken
	}
	point := append(append([]byte{4}, x...), y...) // uncompressed
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, broken
	}
	return public, nil
}
