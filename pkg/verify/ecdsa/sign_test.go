package ecdsa_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ecdsa"
	"postern/pkg/webhook"
)

func TestPrivateKeysHaveSeveralForms(t *testing.T) {
	t.Parallel()
	key := pairs()[0]
	sec1, err := x509.MarshalECPrivateKey(key)
	pkcs8, err8 := x509.MarshalPKCS8PrivateKey(key)
	large, errLarge := x509.MarshalECPrivateKey(private(elliptic.P384()))
	if err := errors.Join(err, err8, errLarge); err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"SEC 1 in PEM":       {block("EC PRIVATE KEY", sec1), true},
		"PKCS #8 in PEM":     {block("PRIVATE KEY", pkcs8), true},
		"SEC 1 in base64":    {base64.StdEncoding.EncodeToString(sec1), true},
		"base64 with breaks": {base64.StdEncoding.EncodeToString(pkcs8)[:20] + "\n" + base64.StdEncoding.EncodeToString(pkcs8)[20:] + "\n", true},
		"another curve":      {block("EC PRIVATE KEY", large), false},
		"the public key":     {encode(key.Public()), false},
		"nothing":            {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := ecdsa.SendGrid(encode(key.Public()))
			s, err := ecdsa.Signer(config, secret.New(c.key))
			if !c.ok {
				if !errors.Is(err, verify.ErrCannotSign) {
					t.Errorf("got %v, want verify.ErrCannotSign", err)
				}
				return
			}
			v, errNew := ecdsa.New(config, verify.Keys{})
			if err := errors.Join(err, errNew); err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: map[string][]string{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
			if err := errors.Join(s.Sign(r, r.ReceivedAt), v.Verify(t.Context(), r)); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}
