package ed25519_test

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ed25519"
	"postern/pkg/webhook"
)

func TestPrivateKeysHaveTwoForms(t *testing.T) {
	t.Parallel()
	config := ed25519.Config{Header: "X-Sig", TimestampHeader: "X-Time", PublicKey: public(1).Reveal()}
	v, err := ed25519.New(config, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"the seed":       {hex.EncodeToString(private(1).Seed()), true},
		"the whole key":  {hex.EncodeToString(private(1)), true},
		"one digit less": {hex.EncodeToString(private(1))[1:], false},
		"no hex":         {"not a key", false},
		"nothing":        {"", false},
	} {
		s, err := ed25519.Signer(config, secret.New(c.key))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, verify.ErrCannotSign) {
			t.Errorf("%s: got %v, want taken %t", name, err, c.ok)
			continue
		}
		if !c.ok {
			continue
		}
		r := &webhook.Request{Header: map[string][]string{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
		if err := errors.Join(s.Sign(r, r.ReceivedAt), v.Verify(t.Context(), r)); err != nil {
			t.Errorf("%s: got %v, want nil", name, err)
		}
	}
}
