package routing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// tell builds an endpoint with these rules (a YAML list in one line) and tells
// it of an event.
func tell(tb testing.TB, rules string, ev webhook.Event, in routing.Inputs) routing.Told {
	tb.Helper()
	setup := build(tb, `
locale: zh
accounts: {forum: {}}
chats: {team: forum-group_1, ja: {key: forum-group_2, locale: ja, verbosity: full}}
plugins: {acme.repos: {webhooks: {/p: {verify: none, notify: `+rules+`}}}}
`)
	e, ok := setup.Table.ByID("acme.repos", "/p")
	if !ok {
		tb.Fatal("the endpoint was not mounted")
	}
	return e.Tell(tb.Context(), ev, in, setup.Directory)
}

func pullRequest() webhook.Event {
	return webhook.Event{
		Source: "forge", Type: "pull_request", Action: "opened", Severity: webhook.Notice, Title: "A *bold* title",
		Branch: "release/1.2", Author: "Mona", Actor: webhook.Party{Name: "dependabot[bot]", URL: "https://x/bot"},
		Labels: []string{"area/api", "bug"}, Paths: []string{"docs/a/b.md", "main.go"}, Default: true, Thread: "forge:1",
		Fields: []webhook.Field{{Name: "Size", Value: "3"}}, OccurredAt: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC),
		Subject: webhook.Subject{Number: "12"},
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	change := func(f func(*webhook.Event)) webhook.Event { e := pullRequest(); f(&e); return e }
	quiet := change(func(e *webhook.Event) { e.Default = false })
	bare := webhook.Event{Type: "push", Default: true}
	draft := change(func(e *webhook.Event) { e.Draft = true })
	hidden := change(func(e *webhook.Event) { e.Confidential = true })
	cases := map[string]struct {
		rule string // less its target
		ev   webhook.Event
		want bool
	}{
		"no filter hears a default event":          {"", pullRequest(), true},
		"no filter is deaf to others":              {"", quiet, false},
		"a star hears all":                         {`events: ["*"]`, quiet, true},
		"a star hears an event without a type":     {`events: ["*"]`, webhook.Event{}, true},
		"a type is any action of it":               {`events: [pull_request]`, quiet, true},
		"a type with its action":                   {`events: [pull_request.opened]`, quiet, true},
		"a type with another action":               {`events: [pull_request.closed]`, quiet, false},
		"a glob over types":                        {`events: ["pull_*"]`, quiet, true},
		"a glob over actions":                      {`events: ["*.opened"]`, quiet, true},
		"a type is a whole word":                   {`events: [pull]`, quiet, false},
		"one of several":                           {`events: [push, pull_request]`, quiet, true},
		"a condition hears what is no default":     {`when: "true"`, quiet, true},
		"other filters keep to default events":     {`branches: ["release/*"]`, quiet, false},
		"a branch":                                 {`branches: [main, "release/*"]`, pullRequest(), true},
		"a star stops at a slash":                  {`branches: ["rel*"]`, pullRequest(), false},
		"two stars do not":                         {`branches: ["rel**"]`, pullRequest(), true},
		"a branch that the event lacks":            {`branches: ["**"]`, bare, false},
		"a label":                                  {`labels: [bug]`, pullRequest(), true},
		"a label by glob":                          {`labels: ["area/*"]`, pullRequest(), true},
		"another label":                            {`labels: [docs]`, pullRequest(), false},
		"a label that the event lacks":             {`labels: ["*"]`, bare, false},
		"an author in another case":                {`authors: [mona]`, pullRequest(), true},
		"an actor counts as an author":             {`authors: ["dependabot[bot]"]`, pullRequest(), true},
		"another author":                           {`authors: [hubot]`, pullRequest(), false},
		"an author that the event lacks":           {`authors: ["*"]`, bare, false},
		"an ignored actor":                         {`ignore_authors: ["*[bot]"]`, pullRequest(), false},
		"an ignored author":                        {`ignore_authors: [MONA]`, pullRequest(), false},
		"ignoring holds where there is no author":  {`ignore_authors: ["*"]`, bare, true},
		"a path anywhere below":                    {`paths: ["docs/**"]`, pullRequest(), true},
		"a path at any depth, also none":           {`paths: ["**/*.go"]`, pullRequest(), true},
		"a path one level down":                    {`paths: ["docs/*"]`, pullRequest(), false},
		"a path by class":                          {`paths: ["docs/[a-c]/?.md"]`, pullRequest(), true},
		"a path by negated class":                  {`paths: ["docs/[!a-c]/?.md"]`, pullRequest(), false},
		"paths that the event lacks":               {`paths: ["**"]`, bare, false},
		"a question mark stops at a slash":         {`branches: ["release?1.2"]`, pullRequest(), false},
		"a class stops at a slash":                 {`branches: ["release[!x]1.2"]`, pullRequest(), false},
		"two stars between slashes are none too":   {`paths: ["docs/**/a/b.md"]`, pullRequest(), true},
		"two stars at the end are below only":      {`paths: ["docs/a/b.md/**"]`, pullRequest(), false},
		"a folder is not what lies in it":          {`paths: [docs]`, pullRequest(), false},
		"a branch in another case":                 {`branches: [Release/1.2]`, pullRequest(), false},
		"a type in another case":                   {`events: [Pull_Request]`, quiet, false},
		"a label in another case":                  {`labels: [Bug]`, pullRequest(), false},
		"a type with any action":                   {`events: ["pull_request.*"]`, quiet, true},
		"a type without an action has none":        {`events: ["push.*"]`, bare, false},
		"a type with a colon":                      {`events: ["pullrequest:*"]`, webhook.Event{Type: "pullrequest:created"}, true},
		"a dot is a dot":                           {`events: [pullxrequest, "pull.request"]`, quiet, false},
		"an escaped star is a star":                {`labels: ['\*']`, change(func(e *webhook.Event) { e.Labels = []string{"*"} }), true},
		"an escaped star is nothing else":          {`labels: ['\*']`, pullRequest(), false},
		"an escaped exclamation mark":              {`labels: ['\!urgent']`, change(func(e *webhook.Event) { e.Labels = []string{"!urgent"} }), true},
		"a label of several words":                 {`labels: ["good first issue"]`, change(func(e *webhook.Event) { e.Labels = []string{"good first issue"} }), true},
		"a label of another script":                {`labels: ["重要*"]`, change(func(e *webhook.Event) { e.Labels = []string{"重要 🔥"} }), true},
		"a label in brackets":                      {`labels: ["[bug]"]`, change(func(e *webhook.Event) { e.Labels = []string{"[bug]"} }), true},
		"brackets of a label are no class":         {`labels: ["[bug]"]`, change(func(e *webhook.Event) { e.Labels = []string{"b"} }), false},
		"a label over two lines":                   {`labels: ["a*c"]`, change(func(e *webhook.Event) { e.Labels = []string{"a\nc"} }), true},
		"an author in another case, accented":      {`authors: [ÉLODIE]`, change(func(e *webhook.Event) { e.Author = "élodie" }), true},
		"a bot by its ending":                      {`ignore_authors: ["*[bot]"]`, change(func(e *webhook.Event) { e.Actor.Name, e.Author = "Renovate[Bot]", "" }), false},
		"a person is no bot":                       {`ignore_authors: ["*[bot]"]`, change(func(e *webhook.Event) { e.Actor.Name = "robot" }), true},
		"an empty list is no filter":               {`events: [], labels: [], branches: []`, pullRequest(), true},
		"drafts may be asked for, others are told": {`drafts: true`, pullRequest(), true},
		"confidential alone keeps to defaults":     {`confidential: true`, change(func(e *webhook.Event) { e.Confidential, e.Default = true, false }), false},
		"a condition tells no confidential event":  {`when: "true"`, hidden, false},
		"drafts are told":                          {"", draft, true},
		"unless the rule says no":                  {`drafts: false`, draft, false},
		"confidential events are not told":         {`events: ["*"]`, hidden, false},
		"unless the rule says yes":                 {`confidential: true`, hidden, true},
		"severe enough":                            {`min_severity: notice`, pullRequest(), true},
		"not severe enough":                        {`min_severity: warning`, pullRequest(), false},
		"a severity that the event lacks":          {`min_severity: debug`, bare, false},
		"all that is written must hold":            {`events: [pull_request], branches: [main]`, pullRequest(), false},
		"a condition and a filter must both hold":  {`when: "true", labels: [docs]`, pullRequest(), false},
		"a condition over the event":               {`when: event.type == "pull_request" && "bug" in event.labels`, pullRequest(), true},
		"a condition over parts of the event":      {`when: 'event.actor.name.endsWith("[bot]") && event.subject.number == "12" && event.fields[0].value == "3"'`, pullRequest(), true},
		"a condition over the time":                {`when: 'event.occurred_at < timestamp("2026-11-25T00:00:00Z")'`, pullRequest(), true},
		"a condition over no time":                 {`when: 'event.occurred_at.getFullYear() == 1'`, bare, true},
		"a condition that does not hold":           {`when: event.draft`, pullRequest(), false},
		"a condition over integers of the payload": {`when: payload.n == 9007199254740993 && payload.f > 1 && payload.n > 1.5`, pullRequest(), true},
		"a condition over lists of the payload":    {`when: 'payload.list.exists(x, x.name == "b")'`, pullRequest(), true},
		"a condition asks before it looks":         {`when: '!has(payload.gone)'`, pullRequest(), true},
		"a condition over headers and query":       {`when: 'headers["x-kind"] == "k" && query.q == "1" && !("x" in query)'`, pullRequest(), true},
		"a condition with text functions":          {`when: 'event.title.lowerAscii().contains("bold")'`, pullRequest(), true},
	}
	in := payload(t, `{"n": 9007199254740993, "f": 1.5, "list": [{"name":"a"},{"name":"b"}]}`)
	in.Headers, in.Query = map[string]string{"x-kind": "k"}, map[string]string{"q": "1"}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := tell(t, "[{to: team, "+c.rule+"}]", c.ev, in)
			if got := len(told.Tellings) == 1; got != c.want || len(told.Warnings) > 0 {
				t.Errorf("got told %v, warnings %v, want told %v and no warning", got, told.Warnings, c.want)
			}
		})
	}
}

func payload(tb testing.TB, body string) routing.Inputs {
	tb.Helper()
	in := routing.InputsOf(request(body))
	if in.Payload == nil {
		tb.Fatalf("no payload in %s", body)
	}
	return in
}

func TestConditionsThatCannotTell(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		when string
		told int
		code string
	}{
		"a field that is missing":          {`payload.gone == 1`, 0, "when_failed"},
		"a header that is missing":         {`headers["x"] == ""`, 0, "when_failed"},
		"a result that is no yes or no":    {`payload.n`, 0, "when_failed"},
		"a comparison that makes no sense": {`payload.n.startsWith("x")`, 0, "when_failed"},
		"a cost that is too high":          {`payload.list.all(a, payload.list.all(b, payload.list.all(c, a + b + c >= 0)))`, 1, "when_cost"},
	}
	in := payload(t, `{"n": 1, "list": [`+strings.Repeat("1,", 999)+`1]}`)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := tell(t, "[{to: team, when: '"+c.when+"'}]", pullRequest(), in)
			if len(told.Tellings) != c.told {
				t.Errorf("got %d messages, want %d", len(told.Tellings), c.told)
			}
			if len(told.Warnings) != 1 || told.Warnings[0].Code != c.code {
				t.Errorf("got warnings %v, want one %s", told.Warnings, c.code)
			}
		})
	}
}

func TestTellWithoutAPayload(t *testing.T) {
	t.Parallel()
	told := tell(t, `[{to: team, when: 'payload == null && event.type == "pull_request"', template: "x{{.payload.a.b}}y"}]`, pullRequest(), routing.Inputs{})
	if len(told.Tellings) != 1 || len(told.Warnings) != 0 {
		t.Fatalf("got %+v, want one message and no warning", told)
	}
	if diff := cmp.Diff(chat.Plain("xy"), told.Tellings[0].Message.Body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestTell(t *testing.T) {
	t.Parallel()
	type telling struct{ Chat, Title, Style string }
	cases := map[string]struct {
		rules    string
		ev       string // a type; empty: pull_request
		want     []telling
		warnings []string
	}{
		"language and length are the endpoint's, or the chat's": {
			rules: `[{to: [team, ja]}]`,
			want:  []telling{{"team", "built-in pull_request", "zh/normal"}, {"ja", "built-in pull_request", "ja/full"}},
		},
		"the rule's come first": {
			rules: `[{to: [team, ja], locale: en, verbosity: compact}]`,
			want:  []telling{{"team", "built-in pull_request", "en/compact"}, {"ja", "built-in pull_request", "en/compact"}},
		},
		"a chat hears once, by the first rule that holds": {
			rules: `[{to: team, events: [push]}, {to: [team, forum-group_1], locale: en}, {to: [forum-group_1, ja]}]`,
			want:  []telling{{"team", "built-in pull_request", "en/normal"}, {"ja", "built-in pull_request", "ja/full"}},
		},
		"a rule whose chats have all heard is not asked": {
			rules: `[{to: team}, {to: team, when: payload.gone}]`,
			want:  []telling{{"team", "built-in pull_request", "zh/normal"}},
		},
		"a source that breaks costs its wording only": {
			rules: `[{to: team}]`, ev: "boom",
			want:     []telling{{"team", "A *bold* title", ""}},
			warnings: []string{"message_failed"},
		},
		"a template that fails gives way to the built-in message": {
			rules: `[{to: [team, ja], template: "{{range .event.title}}{{end}}"}]`,
			want:  []telling{{"team", "built-in pull_request", "zh/normal"}, {"ja", "built-in pull_request", "ja/full"}}, warnings: []string{"template_failed"},
		},
		"a template that gives nothing too": {
			rules: `[{to: team, template: " {{.payload.x}} "}]`,
			want:  []telling{{"team", "built-in pull_request", "zh/normal"}}, warnings: []string{"template_failed"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := pullRequest()
			if c.ev != "" {
				ev.Type = c.ev
			}
			told := tell(t, c.rules, ev, routing.Inputs{})
			var got []telling
			for _, m := range told.Tellings {
				got = append(got, telling{m.Chat.Name, m.Message.Title, m.Message.Footer})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("tellings (-want +got):\n%s", diff)
			}
			var codes []string
			for _, w := range told.Warnings {
				codes = append(codes, w.Code)
			}
			if diff := cmp.Diff(c.warnings, codes); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// The rule's, else the chat's, else the endpoint's, else the global.
func TestWhoseLanguageAndLength(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ global, account, chat, endpoint, rule, want string }{
		"nobody's":           {"", "", "", "", "", "en/normal"},
		"the global":         {"locale: ja, verbosity: full", "", "", "", "", "ja/full"},
		"the endpoint's":     {"locale: ja, verbosity: full", "", "", "locale: zh, verbosity: compact", "", "zh/compact"},
		"the account's":      {"locale: ja, verbosity: full", "locale: en, verbosity: normal", "", "locale: zh, verbosity: compact", "", "en/normal"},
		"the chat's":         {"locale: ja", "locale: zh, verbosity: full", "locale: en, verbosity: compact", "locale: zh", "", "en/compact"},
		"the rule's":         {"locale: ja", "locale: ja", "locale: ja, verbosity: full", "locale: ja", "locale: zh, verbosity: compact", "zh/compact"},
		"each from its own":  {"locale: ja", "", "verbosity: full", "", "locale: zh", "zh/full"},
		"each from the last": {"verbosity: compact", "", "", "locale: ja", "", "ja/compact"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			global := strings.ReplaceAll(c.global, ", ", "\n")
			more := func(keys string) string {
				if keys != "" {
					return ", " + keys
				}
				return ""
			}
			setup := build(t, global+`
accounts: {forum: {`+c.account+`}}
chats: {team: {key: forum-group_1`+more(c.chat)+`}}
plugins: {acme.repos: {webhooks: {/p: {verify: none`+more(c.endpoint)+`, notify: [{to: team`+more(c.rule)+`}]}}}}
`)
			e := endpoint(t, setup, "/p")
			told := e.Tell(t.Context(), pullRequest(), routing.Inputs{}, setup.Directory)
			if got := told.Tellings[0].Message.Footer; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTellMentionsOnPurpose(t *testing.T) {
	t.Parallel()
	told := tell(t, `[{to: team, mention: ["@ops"], template: "hi"}, {to: ja}]`, pullRequest(), routing.Inputs{})
	if len(told.Tellings) != 2 {
		t.Fatalf("got %d messages, want 2", len(told.Tellings))
	}
	if diff := cmp.Diff([]string{"@ops"}, told.Tellings[0].Message.Mentions); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	if m := told.Tellings[1].Message.Mentions; len(m) > 0 {
		t.Errorf("another rule's message mentions %v, want nobody", m)
	}
	if m := told.Tellings[0].Message; m.Thread != "forge:1" || m.Severity != webhook.Notice {
		t.Errorf("got thread %q severity %q, want the event's", m.Thread, m.Severity)
	}
}

func TestTellOfAChatThatIsGone(t *testing.T) {
	t.Parallel()
	setup := build(t, "accounts: {forum: {}}\n")
	e := &routing.Endpoint{Source: plainSource{}, Rules: []routing.Rule{{To: []string{"gone", "forum-group_1"}}}}
	told := e.Tell(t.Context(), pullRequest(), routing.Inputs{}, setup.Directory)
	if len(told.Tellings) != 1 || len(told.Warnings) != 1 || told.Warnings[0].Code != "unknown_chat" || told.Warnings[0].Chat != "gone" {
		t.Errorf("got %+v, want the known chat told and a warning of the other", told)
	}
}

func TestInputsOf(t *testing.T) {
	t.Parallel()
	r := request(`{"a": 1}`)
	r.Header["X-Kind"] = []string{"one", "two"}
	r.RawQuery = "q=1&q=2&r="
	want := routing.Inputs{
		Payload: map[string]any{"a": int64(1)},
		Headers: map[string]string{"content-type": "application/json", "x-kind": "one"},
		Query:   map[string]string{"q": "1", "r": ""},
	}
	if diff := cmp.Diff(want, routing.InputsOf(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if in := routing.InputsOf(request(`{`)); in.Payload != nil {
		t.Errorf("a broken body: got payload %v, want none", in.Payload)
	}
}

func BenchmarkTell(b *testing.B) {
	setup := build(b, `
accounts: {forum: {}}
plugins: {acme.repos: {webhooks: {/p: {verify: none, notify: [
  {to: forum-group_1, when: 'event.type == "pull_request" && payload.n > 1', template: "**{{.event.title}}** {{.payload.a.b}}"}]}}}}
`)
	e, _ := setup.Table.ByID("acme.repos", "/p")
	in := payload(b, `{"n": 2}`)
	for b.Loop() {
		if told := e.Tell(b.Context(), pullRequest(), in, setup.Directory); len(told.Tellings) != 1 {
			b.Fatalf("got %+v, want one message", told)
		}
	}
}
