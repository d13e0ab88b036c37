package standardwebhooks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	standardwebhooks "postern/pkg/verify/standard_webhooks"
	"postern/pkg/webhook"
)

func TestPrivateKeysHaveTwoForms(t *testing.T) {
	t.Parallel()
	v, err := standardwebhooks.New(standardwebhooks.Config{}, verify.Keys{Secrets: []secret.Text{public(private(1))}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"the seed":           {"whsk_" + encode(private(1).Seed()), true},
		"the whole key":      {"whsk_" + encode(private(1)), true},
		"without its prefix": {encode(private(1)), false},
		"of another length":  {"whsk_" + encode([]byte("short")), false},
		"a shared secret":    {"whsec_" + encode(private(1)), false},
	} {
		s, err := standardwebhooks.Unkeyed("webhook-").SignerOf(secret.New(c.key))
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
		if id := r.Header.Get("webhook-id"); !strings.HasPrefix(id, "msg_") || len(id) < 20 {
			t.Errorf("%s: got the id %q, want one made up", name, id)
		}
	}
}

func TestUnkeyedTakesNothing(t *testing.T) {
	t.Parallel()
	r := &webhook.Request{Header: map[string][]string{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
	v := standardwebhooks.Unkeyed("webhook-")
	s, err := v.SignerOf(secret.New("whsk_" + encode(private(1))))
	if err := errors.Join(err, s.Sign(r, r.ReceivedAt)); err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
		t.Errorf("got %v, want verify.ErrRejected", err)
	}
	if err := v.Sign(r, r.ReceivedAt); !errors.Is(err, verify.ErrNotConfigured) {
		t.Errorf("Sign gave %v, want verify.ErrNotConfigured", err)
	}
}
