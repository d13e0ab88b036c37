package jwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/jwt"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

type claims = map[string]any

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encodeJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return encode(raw)
}

// issue makes a token as its issuer does.
func issue(header, body claims, sign func(message []byte) []byte) string {
	message := encodeJSON(header) + "." + encodeJSON(body)
	return message + "." + encode(sign([]byte(message)))
}

func hs256(key secret.Text) func([]byte) []byte {
	return func(message []byte) []byte {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(message)
		return mac.Sum(nil)
	}
}

// rs256 remembers what it signed: the suite asks for the same over and over.
func rs256(key *rsa.PrivateKey) func([]byte) []byte {
	var signed sync.Map
	return func(message []byte) []byte {
		if signature, ok := signed.Load(string(message)); ok {
			return signature.([]byte)
		}
		sum := sha256.Sum256(message)
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		signed.Store(string(message), signature)
		return signature
	}
}

// es256 signs the same message in the same way each time, as RFC 6979 says.
func es256(key *ecdsa.PrivateKey) func([]byte) []byte {
	return func(message []byte) []byte {
		sum := sha256.Sum256(message)
		der, err := key.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		size := int(der[3])
		r, s := new(big.Int).SetBytes(der[4:4+size]), new(big.Int).SetBytes(der[6+size:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func rsaKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func ecKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

var (
	rsaOne, rsaTwo = sync.OnceValue(rsaKey), sync.OnceValue(rsaKey)
	ecOne, ecTwo   = sync.OnceValue(ecKey), sync.OnceValue(ecKey)
)

func public(key crypto.PublicKey) secret.Text {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
}

// lasting is a token that begins and ends now: what remains is the tolerance.
func lasting(r *webhook.Request) claims {
	return claims{"exp": r.ReceivedAt.Unix(), "nbf": r.ReceivedAt.Unix(), "iss": "acme", "aud": []string{"x", "postern"}}
}

// cut finds the signature, behind the last dot.
func cut(value string) (before, credential, after string) {
	i := strings.LastIndexByte(value, '.') + 1
	return value[:i], value[i:], ""
}

func bearer() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return build(jwt.Config{Algorithm: jwt.HS256, Issuer: "acme", Audience: "postern"}, secrets)
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("Authorization", "Bearer "+issue(claims{"alg": "HS256"}, lasting(r), hs256(key)))
		},
		Credential:   verifytest.Place{Header: "Authorization", Encoding: verifytest.Base64URL, Cut: cut},
		Tolerance:    verify.DefaultTolerance,
		BodyUnsigned: true,
		SignsAnew:    true,
	}
}

func build(c jwt.Config, secrets []secret.Text) (verify.Verifier, error) {
	return jwt.Definition().Build(func(into any) error {
		*into.(*jwt.Config) = c
		return nil
	}, verify.Keys{Secrets: secrets})
}

func netlify() verifytest.Scheme {
	const header = "X-Webhook-Signature"
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			v, err := jwt.Netlify(verify.Keys{Secrets: secrets})
			if err != nil {
				return nil, err
			}
			return v, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			sum := sha256.Sum256(r.Body)
			r.Header.Set(header, issue(claims{"alg": "HS256"},
				claims{"iss": "netlify", "sha256": hex.EncodeToString(sum[:])}, hs256(key)))
		},
		Credential: verifytest.Place{Header: header, Encoding: verifytest.Base64URL, Cut: cut},
	}
}

// keyPair is a sender with a private key; its secrets are the public ones.
func keyPair(algorithm string, pairs map[string]func([]byte) []byte, one, two secret.Text) verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			c := jwt.Config{Header: "X-Token", Algorithm: algorithm}
			if len(secrets) > 0 {
				c.PublicKey = secrets[0]
			}
			return build(c, nil)
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			sign, ok := pairs[key.Reveal()]
			if ok {
				r.Header.Set("X-Token", issue(claims{"alg": algorithm}, lasting(r), sign))
			}
		},
		Credential:   verifytest.Place{Header: "X-Token", Encoding: verifytest.Base64URL, Cut: cut},
		Secrets:      []secret.Text{one, two},
		OneSecret:    true,
		Tolerance:    verify.DefaultTolerance,
		BodyUnsigned: true,
		Private:      private,
		SignsAnew:    true,
	}
}

// private gives the private key of a public one.
func private(key secret.Text) secret.Text {
	for _, pair := range []crypto.Signer{rsaOne(), rsaTwo(), ecOne(), ecTwo()} {
		if public(pair.Public()).Reveal() != key.Reveal() {
			continue
		}
		der, err := x509.MarshalPKCS8PrivateKey(pair)
		if err != nil {
			panic(err)
		}
		return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	}
	return secret.Text{}
}

func rsaPair() verifytest.Scheme {
	one, two := public(rsaOne().Public()), public(rsaTwo().Public())
	return keyPair(jwt.RS256, map[string]func([]byte) []byte{
		one.Reveal(): rs256(rsaOne()), two.Reveal(): rs256(rsaTwo()),
	}, one, two)
}

func ecPair() verifytest.Scheme {
	one, two := public(ecOne().Public()), public(ecTwo().Public())
	return keyPair(jwt.ES256, map[string]func([]byte) []byte{
		one.Reveal(): es256(ecOne()), two.Reveal(): es256(ecTwo()),
	}, one, two)
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{
		"HS256 as a bearer": bearer(), "Netlify": netlify(), "RS256": rsaPair(), "ES256": ecPair(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzBearer(f *testing.F)  { verifytest.Fuzz(f, bearer()) }
func FuzzNetlify(f *testing.F) { verifytest.Fuzz(f, netlify()) }
func FuzzES256(f *testing.F)   { verifytest.Fuzz(f, ecPair()) }

// TestVectors: a notification that was signed apart from this code, and the
// token of RFC 7515, appendix A.3, which is signed by the key shown there.
func TestVectors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config              jwt.Config
		secret, token, body string
		at                  int64
	}{
		"Netlify": {
			jwt.Config{Header: "X-Token", Algorithm: jwt.HS256, Issuer: "netlify", BodyHash: "sha256"},
			"test-secret",
			"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJuZXRsaWZ5Iiwic2hhMjU2IjoiMTVmZTkzNmQ1YTVjNGE1NjRjOGRjOTAw" +
				"MjI4MDAwOTI2M2MwY2MwYmQwZjI4ZTE2NjUyNTI5YTlmODNiMmQyMyJ9.Nbok7Ej-p1QAiHYGAWC3qNL0q0INeckVCgSbrsG-wVk",
			`{"hello":"wörld"}`, 0,
		},
		"RFC 7515": {
			jwt.Config{Header: "X-Token", Algorithm: jwt.ES256, Issuer: "joe", PublicKey: secret.New(`{"keys":[{"kty":"EC","crv":"P-256",` +
				`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`)},
			"",
			"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
				"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
			"", 1300819380,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := jwt.New(c.config, verify.Keys{Secrets: []secret.Text{secret.New(c.secret)}})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{
				Header: http.Header{"X-Token": {c.token}}, Body: []byte(c.body), ReceivedAt: time.Unix(c.at, 0),
			}
			if err := v.Verify(t.Context(), r); err != nil {
				t.Errorf("got %v, want nil", err)
			}
			if err := v.Verify(t.Context(), &webhook.Request{Header: http.Header{"X-Token": {
				strings.ToUpper(c.token),
			}}}); err == nil {
				t.Error("in capitals: got nil, want a refusal")
			}
		})
	}
}

func jwksOf(keys ...claims) secret.Text {
	raw, err := json.Marshal(claims{"keys": keys})
	if err != nil {
		panic(err)
	}
	return secret.New(string(raw))
}

func rsaJWK(key *rsa.PrivateKey, id string) claims {
	return claims{
		"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256",
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

func ecJWK(key *ecdsa.PrivateKey, id string) claims {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return claims{"kty": "EC", "crv": "P-256", "kid": id, "x": encode(point[1:33]), "y": encode(point[33:])}
}

func with(base claims, changes claims) claims {
	changed := claims{}
	for _, m := range []claims{base, changes} {
		for k, v := range m {
			if v == nil {
				delete(changed, k)
				continue
			}
			changed[k] = v
		}
	}
	return changed
}

var small = bytes.Repeat([]byte{0xff}, 128)
