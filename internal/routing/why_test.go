package routing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/webhook"
)

func TestExplainNamesTheFirstFilterThatFailed(t *testing.T) {
	t.Parallel()
	change := func(f func(*webhook.Event)) webhook.Event { e := pullRequest(); f(&e); return e }
	bare := webhook.Event{Type: "push", Default: true}
	cases := map[string]struct {
		rule        string // less its target
		ev          webhook.Event
		filter, why string
	}{
		"no default event": {
			"", change(func(e *webhook.Event) { e.Default = false }),
			"default", "this pull_request.opened is no default event, and the rule names neither events nor when",
		},
		"another event":          {"events: [push, issues.*]", pullRequest(), "events", "pull_request.opened is none of push, issues.*"},
		"another branch":         {"branches: [main]", pullRequest(), "branches", "its branch release/1.2 is none of main"},
		"no branch":              {"branches: [main, dev]", bare, "branches", "it has no branch, the rule wants one of main, dev"},
		"other labels":           {"labels: [ops]", pullRequest(), "labels", "its label area/api, bug is none of ops"},
		"another author":         {"authors: [hubot]", pullRequest(), "authors", "its author dependabot[bot], Mona is none of hubot"},
		"an author to ignore":    {`ignore_authors: ["*[bot]"]`, pullRequest(), "ignore_authors", "its author dependabot[bot], Mona is ignored"},
		"other paths":            {"paths: ['src/**']", pullRequest(), "paths", "its path docs/a/b.md, main.go is none of src/**"},
		"too little":             {"min_severity: error", pullRequest(), "min_severity", "its severity is notice, the rule wants error or more"},
		"a draft":                {"drafts: false", change(func(e *webhook.Event) { e.Draft = true }), "drafts", "it is a draft"},
		"confidential":           {"", change(func(e *webhook.Event) { e.Confidential = true }), "confidential", "it is confidential, and the rule does not say confidential: true"},
		"the first of several":   {"branches: [main], labels: [ops]", pullRequest(), "branches", "its branch release/1.2 is none of main"},
		"a when that is false":   {"when: event.draft", pullRequest(), "when", "it is false"},
		"a when that has failed": {"when: payload.gone == 1", pullRequest(), "when", "it cannot tell: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := `[{to: team` + map[bool]string{true: ", "}[c.rule != ""] + c.rule + `}]`
			e, dir := explained(t, rules)
			told, untold := e.Explain(t.Context(), c.ev, routing.Inputs{}, dir)
			if len(told.Tellings) != 0 || len(untold) != 1 {
				t.Fatalf("got %d told and %+v untold, want one that is not", len(told.Tellings), untold)
			}
			got := untold[0]
			if got.Rule != 1 || got.Chat.Name != "team" || got.Filter != c.filter || !strings.HasPrefix(got.Why, c.why) {
				t.Errorf("got rule %d, %s, %s: %q, want rule 1, team, %s: %q", got.Rule, got.Chat.Name, got.Filter, got.Why, c.filter, c.why)
			}
		})
	}
}

// TestExplainTellsWhatTellTells, and by which rule.
func TestExplainTellsWhatTellTells(t *testing.T) {
	t.Parallel()
	e, dir := explained(t, `[{to: [team], events: [push]}, {to: [ja, forum-group_1]}, {to: [team, ja], locale: en}]`)
	told, untold := e.Explain(t.Context(), pullRequest(), routing.Inputs{}, dir)
	plain := e.Tell(t.Context(), pullRequest(), routing.Inputs{}, dir)
	if diff := cmp.Diff(len(plain.Tellings), len(told.Tellings)); diff != "" {
		t.Errorf("-Tell +Explain:\n%s", diff)
	}
	type line struct {
		Rule   int
		Chat   string
		Filter string
	}
	var got []line
	for _, x := range told.Tellings {
		got = append(got, line{x.Rule, x.Chat.Name, ""})
	}
	for _, x := range untold {
		got = append(got, line{x.Rule, x.Chat.Name, x.Filter})
	}
	want := []line{{2, "ja", ""}, {2, "forum-group_1", ""}, {1, "team", "events"}, {3, "team", "told before"}, {3, "ja", "told before"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if first := told.Tellings[0]; first.Locale != "ja" || first.Verbosity != "full" {
		t.Errorf("got %s and %s, want the chat's ja and full", first.Locale, first.Verbosity)
	}
	if last := untold[len(untold)-1]; last.Why != "rule 2 has told it already" {
		t.Errorf("got %q, want the rule that told it", last.Why)
	}
}

func explained(t *testing.T, rules string) (*routing.Endpoint, *routing.Directory) {
	t.Helper()
	setup := build(t, `
accounts: {forum: {}}
chats: {team: forum-group_1, ja: {key: forum-group_2, locale: ja, verbosity: full}}
plugins: {acme.repos: {webhooks: {/p: {verify: none, notify: `+rules+`}}}}
`)
	e, ok := setup.Table.ByID("acme.repos", "/p")
	if !ok {
		t.Fatal("the endpoint was not mounted")
	}
	return e, setup.Directory
}
