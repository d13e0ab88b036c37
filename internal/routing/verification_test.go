package routing_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/internal/routing"
	"postern/pkg/chat"
)

func TestVerificationIsToldWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		written string
		want    []string
	}{
		{`source: github, secrets: [hidden]`, []string{"hmac X-Hub-Signature-256 sha256"}},
		{`source: gitlab, secrets: [hidden], allow_ips: [192.0.2.0/24]`, []string{"gitlab X-Gitlab-Token webhook-signature", "allow_ips"}},
		{`source: alertmanager, allow_ips: [192.0.2.0/24]`, []string{"allow_ips"}},
		{`verify: none`, []string{"none"}},
		{`verify: {type: bearer, token: hidden}`, []string{"bearer Authorization"}},
		{`verify: {type: query, param: key, token: hidden}`, []string{"query ?key"}},
		{`verify: {type: hmac, header: X-Sig, secrets: [hidden], algorithm: sha512}`, []string{"hmac X-Sig sha512"}},
		{`verify: [{type: basic, username: a, password: hidden}, {type: query, param: k, token: hidden}]`, []string{"basic Authorization", "query ?k"}},
	} {
		s, err := routing.Build(parse(t, `
chats: {dev: {type: console}}
plugins: {acme.repos: {webhooks: {/hook: {`+c.written+`, notify: [{to: [dev]}]}}}}
`), routing.Parts{Sources: catalog.Sources(), Chats: catalog.Chats(), Schemes: catalog.Schemes(), Tools: chat.Tools{Stdout: io.Discard}})
		if err != nil {
			t.Errorf("%s: %v", c.written, err)
			continue
		}
		e, ok := s.Table.ByID("acme.repos", "/hook")
		if !ok {
			t.Fatal("the endpoint was not built")
		}
		if got := e.Verification(); !slices.Equal(got, c.want) || strings.Contains(strings.Join(got, " "), "hidden") {
			t.Errorf("%s: got %q, want %q", c.written, got, c.want)
		}
	}
}
