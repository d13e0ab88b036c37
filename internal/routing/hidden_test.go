package routing_test

import (
	"strings"
	"testing"

	"postern/internal/config"
	"postern/internal/routing"
)

// What a variable gave may be a secret, wherever it stands.
func TestNoFaultShowsWhatAVariableGave(t *testing.T) {
	t.Parallel()
	hook := "accounts: {forum: {}}\nplugins:\n  acme.repos:\n    webhooks:\n      /p: {"
	for name, file := range map[string]string{
		"a condition":           hook + "verify: none, notify: [{to: forum-group_1, when: '${S} == 1'}]}",
		"a template":            hook + "verify: none, notify: [{to: forum-group_1, template: '{{ ${S} }}'}]}",
		"a pattern":             hook + "verify: none, notify: [{to: forum-group_1, paths: ['${S}[']}]}",
		"a chat":                hook + "verify: none, notify: [{to: '${S}'}]}",
		"an allowed chat":       hook + "verify: none, allow_chats: ['${S}-x']}",
		"a source":              hook + "source: '${S}'}",
		"a scheme":              hook + "verify: {type: '${S}'}}",
		"a type":                "accounts: {a: {type: '${S}'}}",
		"a chat key":            "chats: {a: '${S}-x'}",
		"a channel":             "accounts: {forum: {}}\nchats: {a: 'forum-${S}'}",
		"what is no chat key":   "chats: {a: '${S}'}",
		"the URL of a platform": "chats: {a: {type: pager, link: '${S}'}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := config.Parse("f", []byte(file), func(string) (string, bool) { return "hunter2", true })
			if cfg == nil {
				t.Fatal("got no config")
			}
			_, err := routing.Build(cfg, parts())
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want a fault without what the variable holds", err)
			}
		})
	}
}
