package jwt_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/jwt"
	"postern/pkg/webhook"
)

func TestPrivateKeysHaveSeveralForms(t *testing.T) {
	t.Parallel()
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	sec1, err := x509.MarshalECPrivateKey(ecOne())
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaOne()))
	for name, c := range map[string]struct {
		algorithm string
		key       string
		ok        bool
	}{
		"PKCS #1":            {jwt.RS256, pkcs1, true},
		"SEC 1":              {jwt.ES256, block("EC PRIVATE KEY", sec1), true},
		"of the other kind":  {jwt.ES256, pkcs1, false},
		"of another kind":    {jwt.RS256, block("EC PRIVATE KEY", sec1), false},
		"a shared secret":    {jwt.RS256, "hunter2hunter2", false},
		"a block of nothing": {jwt.ES256, block("PRIVATE KEY", nil), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jwt.Config{Algorithm: c.algorithm, PublicKey: public(rsaOne().Public())}
			if c.algorithm == jwt.ES256 {
				config.PublicKey = public(ecOne().Public())
			}
			v, err := jwt.New(config, verify.Keys{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := v.SignerOf(secret.New(c.key))
			if (err == nil) != c.ok || err != nil && !errors.Is(err, verify.ErrCannotSign) {
				t.Fatalf("got %v, want taken %t", err, c.ok)
			}
			if !c.ok {
				return
			}
			r := &webhook.Request{Header: map[string][]string{}, ReceivedAt: time.Unix(1_700_000_000, 0)}
			if err := errors.Join(s.Sign(r, r.ReceivedAt), v.Verify(t.Context(), r)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}
