package jwt_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/jwt"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// TestClaims: tokens that are signed rightly and still not taken.
func TestClaims(t *testing.T) {
	t.Parallel()
	key := secret.New("correct-horse-battery-staple")
	const now = 1_700_000_000
	good := claims{"iss": "acme", "aud": "postern", "exp": now + 60}
	for name, c := range map[string]struct {
		header, body claims
		want         error
	}{
		"good":                       {nil, good, nil},
		"an audience among several":  {nil, with(good, claims{"aud": []string{"a", "postern"}}), nil},
		"a fraction of a second":     {nil, with(good, claims{"exp": now + 0.5}), nil},
		"just expired":               {nil, with(good, claims{"exp": now - 10}), nil},
		"expired":                    {nil, with(good, claims{"exp": now - 11}), verify.ErrOutOfRange},
		"not yet valid":              {nil, with(good, claims{"nbf": now + 11}), verify.ErrOutOfRange},
		"issued in the future":       {nil, with(good, claims{"iat": now + 11}), verify.ErrOutOfRange},
		"issued long ago":            {nil, with(good, claims{"iat": 0}), nil},
		"without an end":             {nil, with(good, claims{"exp": nil}), verify.ErrRejected},
		"an end in another case":     {nil, with(good, claims{"exp": nil, "EXP": now + 60}), verify.ErrRejected},
		"an end that is no number":   {nil, with(good, claims{"exp": "tomorrow"}), verify.ErrRejected},
		"an end beyond all time":     {nil, with(good, claims{"exp": 1e300}), verify.ErrRejected},
		"no issuer":                  {nil, with(good, claims{"iss": nil}), verify.ErrRejected},
		"another issuer":             {nil, with(good, claims{"iss": "acme2"}), verify.ErrRejected},
		"an issuer that is a list":   {nil, with(good, claims{"iss": []string{"acme"}}), verify.ErrRejected},
		"no audience":                {nil, with(good, claims{"aud": nil}), verify.ErrRejected},
		"another audience":           {nil, with(good, claims{"aud": []string{"a", "b"}}), verify.ErrRejected},
		"another algorithm":          {claims{"alg": "HS512"}, good, verify.ErrRejected},
		"no algorithm":               {claims{"alg": "none"}, good, verify.ErrRejected},
		"an algorithm not said":      {claims{"typ": "JWT"}, good, verify.ErrRejected},
		"an algorithm in lower case": {claims{"alg": "hs256"}, good, verify.ErrRejected},
		"under another name":         {claims{"ALG": "HS256"}, good, verify.ErrRejected},
		"a critical extension":       {claims{"alg": "HS256", "crit": []string{"b64"}}, good, verify.ErrRejected},
		"a key id":                   {claims{"alg": "HS256", "kid": "7"}, good, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := jwt.New(jwt.Config{Header: "X-Token", Algorithm: jwt.HS256, Issuer: "acme", Audience: "postern"},
				verify.Keys{Secrets: []secret.Text{key}, Tolerance: 10 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			header := c.header
			if header == nil {
				header = claims{"alg": "HS256"}
			}
			r := &webhook.Request{Header: http.Header{}, ReceivedAt: time.Unix(now, 0)}
			r.Header.Set("X-Token", issue(header, c.body, hs256(key)))
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestForgedTokens: what strangers try.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	pem := public(rsaOne().Public())
	v, err := jwt.New(jwt.Config{Header: "X-Token", Algorithm: jwt.RS256, PublicKey: pem}, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{ReceivedAt: time.Unix(1_700_000_000, 0)}
	body := lasting(r)
	good := issue(claims{"alg": "RS256"}, body, rs256(rsaOne()))
	unsigned := func([]byte) []byte { return nil }
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"the genuine one":                          {good, nil},
		"the public key taken for a shared secret": {issue(claims{"alg": "HS256"}, body, hs256(pem)), verify.ErrRejected},
		"so, under the right algorithm":            {issue(claims{"alg": "RS256"}, body, hs256(pem)), verify.ErrRejected},
		"no signature":                             {issue(claims{"alg": "none"}, body, unsigned), verify.ErrRejected},
		"no signature, under the right algorithm":  {issue(claims{"alg": "RS256"}, body, unsigned), verify.ErrRejected},
		"a key of its own in the header": {
			issue(claims{"alg": "RS256", "jwk": rsaJWK(rsaTwo(), "")}, body, rs256(rsaTwo())), verify.ErrRejected,
		},
		"a part more":         {good + ".AAAA", verify.ErrRejected},
		"two parts":           {"AAAA.AAAA", verify.ErrRejected},
		"one part":            {"AAAA", verify.ErrRejected},
		"nothing but dots":    {"..", verify.ErrRejected},
		"parts of no JSON":    {"AAAA.AAAA.AAAA", verify.ErrRejected},
		"parts of no objects": {encodeJSON([]int{}) + "." + encodeJSON(1) + ".AAAA", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"X-Token": {c.token}}, ReceivedAt: r.ReceivedAt}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestKeySets: which key of a JWKS document a token may mean.
func TestKeySets(t *testing.T) {
	t.Parallel()
	set := jwksOf(
		ecJWK(ecOne(), "ec"), rsaJWK(rsaOne(), "one"), rsaJWK(rsaTwo(), "two"), claims{"kty": "oct", "k": "AAAA"},
		with(rsaJWK(rsaTwo(), "one"), claims{"use": "enc"}),
	)
	r := &webhook.Request{ReceivedAt: time.Unix(1_700_000_000, 0)}
	for name, c := range map[string]struct {
		algorithm string
		header    claims
		sign      func([]byte) []byte
		want      error
	}{
		"by its id":            {jwt.RS256, claims{"alg": "RS256", "kid": "two"}, rs256(rsaTwo()), nil},
		"without an id":        {jwt.RS256, claims{"alg": "RS256"}, rs256(rsaTwo()), nil},
		"of another kind":      {jwt.ES256, claims{"alg": "ES256", "kid": "ec"}, es256(ecOne()), nil},
		"by another's id":      {jwt.RS256, claims{"alg": "RS256", "kid": "one"}, rs256(rsaTwo()), verify.ErrRejected},
		"by an unknown id":     {jwt.RS256, claims{"alg": "RS256", "kid": "three"}, rs256(rsaTwo()), verify.ErrRejected},
		"a stranger's":         {jwt.ES256, claims{"alg": "ES256"}, es256(ecTwo()), verify.ErrRejected},
		"of another algorithm": {jwt.RS256, claims{"alg": "ES256"}, es256(ecOne()), verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := jwt.New(jwt.Config{Header: "X-Token", Algorithm: c.algorithm, PublicKey: set}, verify.Keys{})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{}, ReceivedAt: r.ReceivedAt}
			r.Header.Set("X-Token", issue(c.header, lasting(r), c.sign))
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	one := []secret.Text{secret.New("s")}
	rsa, ec := public(rsaOne().Public()), public(ecOne().Public())
	text := secret.New
	verifytest.RunSettings(t, jwt.Definition(), map[string]verifytest.Settings{
		"shared":                {Written: jwt.Config{Algorithm: "HS256", Secrets: one}},
		"the endpoint's":        {Written: jwt.Config{Algorithm: "HS256"}, Keys: verify.Keys{Secrets: one}},
		"RSA":                   {Written: jwt.Config{Algorithm: "RS256", PublicKey: rsa}},
		"EC":                    {Written: jwt.Config{Algorithm: "ES256", PublicKey: ec}},
		"RSA in a document":     {Written: jwt.Config{Algorithm: "RS256", PublicKey: jwksOf(rsaJWK(rsaOne(), ""))}},
		"no algorithm":          {Written: jwt.Config{Secrets: one}, Fault: "algorithm"},
		"none for algorithm":    {Written: jwt.Config{Algorithm: "none", Secrets: one}, Fault: "algorithm"},
		"another algorithm":     {Written: jwt.Config{Algorithm: "HS512", Secrets: one}, Fault: "algorithm"},
		"no secret":             {Written: jwt.Config{Algorithm: "HS256"}, Fault: "secrets"},
		"a PEM for a secret":    {Written: jwt.Config{Algorithm: "HS256", Secrets: []secret.Text{rsa}}, Fault: "secrets"},
		"a PEM beside secrets":  {Written: jwt.Config{Algorithm: "HS256", Secrets: one, PublicKey: rsa}, Fault: "public_key"},
		"secrets for RSA":       {Written: jwt.Config{Algorithm: "RS256", Secrets: one, PublicKey: rsa}, Fault: "secrets"},
		"no key for RSA":        {Written: jwt.Config{Algorithm: "RS256"}, Fault: "public_key"},
		"an EC key for RSA":     {Written: jwt.Config{Algorithm: "RS256", PublicKey: ec}, Fault: "public_key"},
		"an RSA key for EC":     {Written: jwt.Config{Algorithm: "ES256", PublicKey: rsa}, Fault: "public_key"},
		"no PEM":                {Written: jwt.Config{Algorithm: "RS256", PublicKey: text("AAAA")}, Fault: "public_key"},
		"two PEM blocks":        {Written: jwt.Config{Algorithm: "RS256", PublicKey: text(rsa.Reveal() + rsa.Reveal())}, Fault: "public_key"},
		"a document of no JSON": {Written: jwt.Config{Algorithm: "RS256", PublicKey: text("{")}, Fault: "public_key"},
		"an empty document":     {Written: jwt.Config{Algorithm: "RS256", PublicKey: jwksOf()}, Fault: "public_key"},
		"a point off the curve": {
			Written: jwt.Config{Algorithm: "ES256", PublicKey: jwksOf(with(ecJWK(ecOne(), ""), claims{"x": encode(small[:32])}))},
			Fault:   "public_key",
		},
		"too small an RSA key": {
			Written: jwt.Config{Algorithm: "RS256", PublicKey: jwksOf(with(rsaJWK(rsaOne(), ""), claims{"n": encode(small)}))},
			Fault:   "public_key",
		},
	})
}
