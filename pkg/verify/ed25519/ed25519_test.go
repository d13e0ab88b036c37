package ed25519_test

import (
	"bytes"
	stded25519 "crypto/ed25519"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ed25519"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

var pairs = sync.OnceValue(func() map[byte]stded25519.PrivateKey {
	made := map[byte]stded25519.PrivateKey{}
	for _, seed := range []byte{1, 2} {
		made[seed] = stded25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, stded25519.SeedSize))
	}
	return made
})

func private(seed byte) stded25519.PrivateKey { return pairs()[seed] }

func public(seed byte) secret.Text { return secret.New(hex.EncodeToString(private(seed)[32:])) }

// sign signs with the private key behind a public one.
func sign(key secret.Text, message []byte) string {
	for _, seed := range []byte{1, 2} {
		if public(seed).Reveal() == key.Reveal() {
			return hex.EncodeToString(stded25519.Sign(private(seed), message))
		}
	}
	return ""
}

func scheme(c ed25519.Config, s verifytest.Scheme) verifytest.Scheme {
	s.New = func(secrets ...secret.Text) (verify.Verifier, error) {
		return ed25519.Definition().Build(func(into any) error {
			written := into.(*ed25519.Config)
			*written = c
			if len(secrets) > 0 {
				written.PublicKey = secrets[0].Reveal()
			}
			return nil
		}, verify.Keys{})
	}
	s.Credential = verifytest.Place{Header: c.Header, Encoding: verifytest.Hex}
	s.Secrets = []secret.Text{public(1), public(2)}
	s.Private = func(public secret.Text) secret.Text {
		for _, pair := range pairs() {
			if hex.EncodeToString(pair[32:]) == public.Reveal() {
				return secret.New(hex.EncodeToString(pair.Seed()))
			}
		}
		return secret.Text{}
	}
	s.OneSecret = true
	return s
}

func discord() verifytest.Scheme {
	const header, stamp = "X-Signature-Ed25519", "X-Signature-Timestamp"
	return scheme(ed25519.Config{Header: header, TimestampHeader: stamp}, verifytest.Scheme{
		Sign: func(r *webhook.Request, key secret.Text) {
			seconds := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set(stamp, seconds)
			r.Header.Set(header, sign(key, append([]byte(seconds), r.Body...)))
		},
		SignedHeaders: []string{stamp},
		Tolerance:     verify.DefaultTolerance,
	})
}

func bodyAlone() verifytest.Scheme {
	return scheme(ed25519.Config{Header: "X-Sig"}, verifytest.Scheme{
		Sign: func(r *webhook.Request, key secret.Text) { r.Header.Set("X-Sig", sign(key, r.Body)) },
	})
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{"with a timestamp": discord(), "the body alone": bodyAlone()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, discord()) }

// TestVector is a Discord PING that was signed apart from this code.
func TestVector(t *testing.T) {
	t.Parallel()
	v, err := ed25519.New(ed25519.Config{
		Header: "X-Signature-Ed25519", TimestampHeader: "X-Signature-Timestamp",
		PublicKey: "2196d001cb1f9ddc77d024926f508f7e30e45718d10b9d5e213383a8bcf3d11a",
	}, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{Header: http.Header{}, Body: []byte(`{"type":1}`), ReceivedAt: time.Unix(1_700_000_000, 0)}
	r.Header.Set("X-Signature-Timestamp", "1700000000")
	r.Header.Set("X-Signature-Ed25519", "7536aa15c4f270903dfc303d4eb8b0bedcaeff2a18250ff098605db3f2111e7c"+
		"caa809ac13d893d46f7d71d31d64cd00c3fd2300dd74f322810e8bddc7c0300f")
	if err := v.Verify(t.Context(), r); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	key := public(1).Reveal()
	verifytest.RunSettings(t, ed25519.Definition(), map[string]verifytest.Settings{
		"header and key":  {Written: ed25519.Config{Header: "X-Sig", PublicKey: key}},
		"no header":       {Written: ed25519.Config{PublicKey: key}, Fault: "header"},
		"no key":          {Written: ed25519.Config{Header: "X-Sig"}, Fault: "public_key"},
		"no hex":          {Written: ed25519.Config{Header: "X-Sig", PublicKey: "x" + key[1:]}, Fault: "public_key"},
		"too short a key": {Written: ed25519.Config{Header: "X-Sig", PublicKey: key[2:]}, Fault: "public_key"},
	})
}
