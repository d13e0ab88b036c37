package compat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// TestTrapsThatAreNotOurs: where a library takes what it should not, or falls
// over, we refuse. Should a library mend its ways, its line here fails and goes.
func TestTrapsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	sha1Only := func(r *webhook.Request) {
		r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(sum(sha1.New, shared, string(r.Body))))
	}
	for name, c := range map[string]struct {
		source  string
		secrets []secret.Text
		request *webhook.Request
		sign    func(*webhook.Request)
		library func(*http.Request) error
		want    error
	}{
		"go-github falls back to SHA-1": {
			"github", []secret.Text{secret.New(shared)}, arrives(asJSON, push)(), sha1Only, goGitHub(shared), verify.ErrMissing,
		},
		"go-github takes anything where no secret is set": {
			"github", nil, arrives(asJSON, push)(), func(*webhook.Request) {}, goGitHub(""), verify.ErrMissing,
		},
		"go-playground falls over a short signature": {
			"bitbucket_dc",
			[]secret.Text{secret.New(shared)},
			arrives(asJSON, "{}", "X-Event-Key", "repo:refs_changed")(),
			func(r *webhook.Request) { r.Header.Set("X-Hub-Signature", "x") }, falls(playBitbucket), verify.ErrRejected,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.sign(c.request)
			if err := c.library(wire(t, c.request)); err != nil {
				t.Errorf("the library has mended this: %v", err)
			}
			v := verification(t, c.source, nil, verify.Keys{Secrets: c.secrets})
			if err := v.Verify(t.Context(), c.request); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// falls gives no error where a verdict ends in a panic.
func falls(verdict func(*http.Request) error) func(*http.Request) error {
	return func(r *http.Request) (err error) {
		defer func() {
			if recover() != nil {
				err = nil
			}
		}()
		verdict := verdict(r)
		return fmt.Errorf("it gave the verdict %v", verdict) //nolint:errorlint // any verdict is the error here
	}
}

// TestGitLabsPlainToken covers no body, and is compared as it is.
func TestGitLabsPlainToken(t *testing.T) {
	t.Parallel()
	v := verification(t, "gitlab", nil, verify.Keys{Secrets: []secret.Text{secret.New(shared)}})
	for token, want := range map[string]error{shared: nil, shared[1:]: verify.ErrRejected, "": verify.ErrMissing} {
		r := arrives(asJSON, push, "X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", token)()
		if err := v.Verify(t.Context(), r); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", token, err, want)
		}
		if err := playGitLab(wire(t, r)); (err == nil) != (want == nil) {
			t.Errorf("%q: the library says %v", token, err)
		}
	}
}
