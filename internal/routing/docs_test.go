package routing_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/source/github"
	"postern/pkg/webhook"
)

// page is docs/rules.md: all that it shows is run.
func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block gives the one piece of code of a language.
func block(t *testing.T, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(found) != 1 {
		t.Fatalf("the page shows %d pieces of %s, want 1", len(found), language)
	}
	return found[0][1]
}

// rows gives the rows of the table below a line that begins as given.
func rows(t *testing.T, heading string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(page(t), "\n"+heading)
	if !found {
		t.Fatalf("the page has no table %s", heading)
	}
	var table [][]string
	for line := range strings.SplitSeq(rest, "\n") {
		if strings.HasPrefix(line, "|---") || len(table) == 0 && !strings.HasPrefix(line, "| ") {
			continue
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00"), "|")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(c, "\x00", "|"))
		}
		table = append(table, cells)
	}
	if len(table) == 0 {
		t.Fatalf("the table %s is empty", heading)
	}
	return table
}

// codes gives what stands in backticks.
func codes(cell string) []string {
	var list []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// sample is the page's own event and what came with it.
func sample(t *testing.T) (webhook.Event, routing.Inputs) {
	t.Helper()
	r := request(block(t, "json"))
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Github-Event": {"pull_request"}}
	events, err := github.Source{}.Events(r)
	if err != nil || len(events) != 1 {
		t.Fatalf("the page's payload gives %v, %v", events, err)
	}
	return events[0], routing.InputsOf(r)
}

func TestThePagesRulesAreGood(t *testing.T) {
	t.Parallel()
	indented := strings.ReplaceAll("\n"+block(t, "yaml"), "\n", "\n          ")
	setup := build(t, "accounts: {forum: {}}\nchats: {team: forum-group_1, ops: forum-group_2}\n"+
		"plugins:\n  acme.repos:\n    webhooks:\n      /p:\n        verify: none\n        notify:"+indented+"\n")
	e := endpoint(t, setup, "/p")
	if len(e.Rules) != 3 {
		t.Fatalf("got %d rules, want 3", len(e.Rules))
	}
	ev, in := sample(t)
	told := e.Tell(t.Context(), ev, in, setup.Directory)
	if len(told.Tellings) != 1 || told.Tellings[0].Chat.Name != "team" || len(told.Warnings) > 0 {
		t.Errorf("the page's pull request: got %+v, want team told", told)
	}
	ev.Type, ev.Labels = "issues", []string{"good first issue"}
	told = e.Tell(t.Context(), ev, in, setup.Directory)
	if len(told.Tellings) != 1 || !strings.HasPrefix(text(told), "octocat has something to begin with") {
		t.Errorf("an issue: got %q, want the template's words", text(told))
	}
}

// text is the first message's body, less its markup.
func text(told routing.Told) string {
	var b strings.Builder
	for _, span := range told.Tellings[0].Message.Body {
		b.WriteString(span.Text)
	}
	return b.String()
}

// looksAt makes an event that has a value where a filter looks.
func looksAt(filter, value string) webhook.Event {
	e := webhook.Event{Type: "push", Default: true}
	switch filter {
	case "events":
		e.Type, e.Action, _ = strings.Cut(value, ".")
	case "branches":
		e.Branch = value
	case "paths":
		e.Paths = []string{"another", value}
	case "labels":
		e.Labels = []string{"another", value}
	case "authors", "ignore_authors":
		e.Author = value
	case "min_severity":
		e.Severity = webhook.Severity(value)
	case "drafts":
		e.Draft = value == "true"
	case "confidential":
		e.Confidential = value == "true"
	}
	return e
}

func TestThePagesFilters(t *testing.T) {
	t.Parallel()
	filter, seen := "", map[string]bool{}
	for _, row := range rows(t, "| filter | looks at") {
		if name := codes(row[0]); len(name) == 1 {
			filter = name[0]
		}
		seen[filter] = true
		rule := "[{to: team, " + filter + ": " + codes(row[2])[0] + "}]"
		for i, want := range []bool{true, false} {
			for _, value := range codes(row[3+i]) {
				told := tell(t, rule, looksAt(filter, value), routing.Inputs{})
				if got := len(told.Tellings) == 1; got != want {
					t.Errorf("%s hears %s: %v, want %v", rule, value, got, want)
				}
			}
		}
	}
	if len(seen) != 9 {
		t.Errorf("the page shows the filters %v, want 9", seen)
	}
}

func TestThePagesConditions(t *testing.T) {
	t.Parallel()
	ev, in := sample(t)
	for _, row := range rows(t, "| expression | gives") {
		when, err := json.Marshal(codes(row[0])[0])
		if err != nil {
			t.Fatal(err)
		}
		told := tell(t, "[{to: team, when: "+string(when)+"}]", ev, in)
		if got := strconv.FormatBool(len(told.Tellings) == 1); got != row[1] || len(told.Warnings) > 0 {
			t.Errorf("%s gives %s, %v, want %s", when, got, told.Warnings, row[1])
		}
	}
	for _, field := range routing.EventFields() {
		if !strings.Contains(page(t), "`"+field+"`") {
			t.Errorf("the page does not name the field %s", field)
		}
	}
}

func TestThePagesTemplates(t *testing.T) {
	t.Parallel()
	ev, in := sample(t)
	shown := map[string]bool{}
	var table [][]string
	for _, row := range rows(t, "| template | gives") {
		table = append(table, []string{"", row[0], row[1]})
	}
	for _, row := range append(table, rows(t, "| function | example")...) {
		for _, name := range codes(row[0]) {
			shown[name] = true
		}
		rules, err := routing.CompileRules([]config.Rule{{To: []string{"forum-group_1"}, Template: codes(row[1])[0]}})
		if err != nil {
			t.Errorf("%s: %v", row[1], err)
			continue
		}
		e := &routing.Endpoint{Source: plainSource{}, Rules: rules}
		told := e.Tell(t.Context(), ev, in, build(t, "accounts: {forum: {}}\n").Directory)
		if want := strings.ReplaceAll(row[2], `\*`, "*"); text(told) != want || len(told.Warnings) > 0 {
			t.Errorf("%s gives %q, %v, want %q", row[1], text(told), told.Warnings, want)
		}
	}
	for _, name := range routing.FunctionNames() {
		if !shown[name] {
			t.Errorf("the page does not show the function %s", name)
		}
		delete(shown, name)
	}
	if len(shown) > 0 {
		t.Errorf("the page shows functions that are not there: %v", shown)
	}
}

// Every event that a source's golden cases tell by default is on the page.
func TestThePagesDefaultEvents(t *testing.T) {
	t.Parallel()
	told := map[string][]string{}
	for _, row := range rows(t, "| source | told") {
		for _, name := range codes(row[0]) {
			told[name] = codes(row[1])
		}
	}
	for _, d := range catalog.Sources() {
		if told[d.Name] == nil {
			t.Errorf("the page does not name the default events of %s", d.Name)
			continue
		}
		rules, err := routing.CompileRules([]config.Rule{{To: []string{"forum-group_1"}, Events: told[d.Name]}})
		if err != nil {
			t.Fatal(err)
		}
		e := &routing.Endpoint{Source: plainSource{}, Rules: rules}
		directory := build(t, "accounts: {forum: {}}\n").Directory
		for _, ev := range defaultsOf(t, d.Name) {
			ev.Confidential = false
			if got := e.Tell(t.Context(), ev, routing.Inputs{}, directory); len(got.Tellings) != 1 {
				t.Errorf("%s tells %s.%s by default, the page does not say so", d.Name, ev.Type, ev.Action)
			}
		}
	}
}

// defaultsOf reads the default events out of a source's golden cases.
func defaultsOf(t *testing.T, name string) []webhook.Event {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "pkg", "source", name, "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var events []webhook.Event
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?ms)^-- event.*? --\n(\{.*?^\})`).FindAllStringSubmatch(string(b), -1) {
			var ev struct {
				webhook.Event

				Default bool `json:"default"`
			}
			if err := json.Unmarshal([]byte(m[1]), &ev); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if ev.Default {
				events = append(events, ev.Event)
			}
		}
	}
	return slices.CompactFunc(events, func(a, b webhook.Event) bool { return a.Type == b.Type && a.Action == b.Action })
}
