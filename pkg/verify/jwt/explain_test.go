package jwt_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/jwt"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// inItsPlace reads its token where it stands by default.
func inItsPlace(t *testing.T, key string) verify.Verifier {
	t.Helper()
	v, err := jwt.New(jwt.Config{Algorithm: jwt.HS256}, verify.Keys{Secrets: []secret.Text{secret.New(key)}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestExplain(t *testing.T) {
	t.Parallel()
	const key, now, body = "the-shared-key-of-the-issuer", 1_700_000_000, `{"a": 1}`
	mistake := func(c jwt.Config, header, body string, claims claims, with string, says string) verifytest.Mistake {
		c.Algorithm, c.Header = jwt.HS256, "X-Jwt"
		v, err := jwt.New(c, verify.Keys{Secrets: []secret.Text{secret.New(key)}})
		if err != nil {
			t.Fatal(err)
		}
		token := issue(map[string]any{"alg": header}, claims, hs256(secret.New(with)))
		return verifytest.Mistake{Verifier: v, Says: says, Hidden: []secret.Text{secret.New(key)}, Request: &webhook.Request{
			Body: []byte(body), ReceivedAt: time.Unix(now, 0), Header: http.Header{"X-Jwt": {token}},
		}}
	}
	hash := func(text string) claims {
		sum := sha256.Sum256([]byte(text))
		return claims{"sha256": hex.EncodeToString(sum[:])}
	}
	fresh, hashed := claims{"exp": now + 60}, jwt.Config{BodyHash: "sha256"}
	in := func(header, name, before string) verifytest.Mistake {
		m := mistake(jwt.Config{}, "HS256", body, fresh, key, "")
		if header == "" {
			m.Verifier = inItsPlace(t, key)
		}
		m.Request.Header = http.Header{name: {before + m.Request.Header.Get("X-Jwt")}}
		return m
	}
	says := func(m verifytest.Mistake, line string) verifytest.Mistake {
		m.Says = line
		return m
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"in no header":          says(in("X-Jwt", "X-Else", ""), "the X-Jwt header is missing: is a secret set at the sender?"),
		"no bearer":             says(in("", "X-Else", ""), ""),
		"alone":                 says(in("", "Authorization", ""), "the sender must write Bearer before it"),
		"behind another word":   says(in("", "Authorization", "Token "), ""),
		"expired":               mistake(jwt.Config{}, "HS256", body, claims{"exp": now - 400}, key, "the token expired 400 s ago"),
		"not yet":               mistake(jwt.Config{}, "HS256", body, claims{"exp": now + 900, "nbf": now + 500}, key, "the token holds from 500 s on only (nbf)"),
		"issued to come":        mistake(jwt.Config{}, "HS256", body, claims{"exp": now + 900, "iat": now + 600}, key, "the token holds from 600 s on only (iat)"),
		"another algorithm":     mistake(jwt.Config{}, "HS512", body, fresh, key, "signed with HS512, and HS256 is wanted"),
		"none":                  mistake(jwt.Config{}, "none", body, fresh, key, "signed with none, and HS256 is wanted"),
		"a stranger's word":     mistake(jwt.Config{}, "anything he likes", body, fresh, key, ""),
		"a newline there":       mistake(jwt.Config{}, "HS256", body, fresh, key+"\n", "a trailing newline at the sender"),
		"an empty key":          mistake(jwt.Config{}, "HS256", body, fresh, "", "the sender signs with an empty secret"),
		"another body":          mistake(hashed, "HS256", body, hash(`{"a":1}`), key, "the same JSON without blanks"),
		"another body entirely": mistake(hashed, "HS256", body, hash("other"), key, ""),
		"another issuer":        mistake(jwt.Config{Issuer: "us"}, "HS256", body, claims{"exp": now + 60, "iss": "them"}, key, ""),
		"a stranger":            mistake(jwt.Config{}, "HS256", body, fresh, "another-key-altogether", ""),
	})
}
