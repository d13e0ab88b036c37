package bitbucket_dc_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/bitbucket_dc"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: bitbucket_dc.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzBitbucketDC(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := bitbucket_dc.Definition()
	if d.Name != "bitbucket_dc" || !d.Duplicates {
		t.Errorf("got %+v, want bitbucket_dc with duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const published = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
	secrets := []secret.Text{secret.New("an older one"), secret.New("It's a Secret to Everybody")}
	for name, c := range map[string]struct {
		secrets []secret.Text
		header  http.Header
		body    string
		want    error
	}{
		"genuine":         {secrets, http.Header{"X-Hub-Signature": {published}}, "Hello World!", nil},
		"changed body":    {secrets, http.Header{"X-Hub-Signature": {published}}, "Hello, World!", verify.ErrRejected},
		"no prefix":       {secrets, http.Header{"X-Hub-Signature": {published[7:]}}, "Hello World!", verify.ErrRejected},
		"empty signature": {secrets, http.Header{"X-Hub-Signature": {"sha256="}}, "Hello World!", verify.ErrRejected},
		"none":            {secrets, http.Header{"X-Hook-Uuid": {"f5e5f430-f57b-4e6e-9fac-d9128cd7232f"}}, "Hello World!", verify.ErrMissing},
		"no secret":       {nil, http.Header{"X-Hub-Signature": {published}}, "Hello World!", verify.ErrNotConfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := bitbucket_dc.Source{}.Verification(verify.Keys{Secrets: c.secrets})
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Verify(t.Context(), &webhook.Request{Header: c.header, Body: []byte(c.body)}); !errors.Is(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestOnlyThePingIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]bool{"diagnostics:ping": true, "repo:refs_changed": false, "": false} {
		r := &webhook.Request{Header: http.Header{"X-Event-Key": {event}}, Body: []byte(`{"test":true}`)}
		answer, got := bitbucket_dc.Source{}.Challenge(r)
		if got != want || got && answer.Status != http.StatusOK {
			t.Errorf("%q: got %v with %d, want %v with 200", event, got, answer.Status, want)
		}
	}
}
