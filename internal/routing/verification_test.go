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
	for written, want := range map[string][]string{
		`source: github, secrets: [hidden]`:                            {"hmac X-Hub-Signature-256 sha256"},
		`source: gitlab, secrets: [hidden], allow_ips: [192.0.2.0/24]`: {"gitlab X-Gitlab-Token webhook-signature", "allow_ips"},
		`source: alertmanager, allow_ips: [192.0.2.0/24]`:              {"allow_ips"},
		`verify: none`:                                                              {"none"},
		`verify: {type: bearer, token: hidden}`:                                     {"bearer Authorization"},
		`verify: {type: query, param: key, token: hidden}`:                          {"query ?key"},
		`verify: {type: hmac, header: X-Sig, secrets: [hidden], algorithm: sha512}`: {"hmac X-Sig sha512"},
		`verify: [{type: basic, username: a, password: hidden}, {type: query, param: k, token: hidden}]`: {"basic Authorization", "query ?k"},
	} {
		s, err := routing.Build(parse(t, `
chats: {dev: {type: console}}
plugins: {acme.repos: {webhooks: {/hook: {`+written+`, notify: [{to: [dev]}]}}}}
`), routing.Parts{Sources: catalog.Sources(), Chats: catalog.Chats(), Schemes: catalog.Schemes(), Tools: chat.Tools{Stdout: io.Discard}})
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		e, ok := s.Table.ByID("acme.repos", "/hook")
		if !ok {
			t.Fatal("the endpoint was not built")
		}
		if got := e.Verification(); !slices.Equal(got, want) || strings.Contains(strings.Join(got, " "), "hidden") {
			t.Errorf("%s: got %q, want %q", written, got, want)
		}
	}
}
