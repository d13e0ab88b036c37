package routing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// templated tells of an event by one rule with a template.
func templated(tb testing.TB, template string, ev webhook.Event, in routing.Inputs) routing.Told {
	tb.Helper()
	return tell(tb, fmt.Sprintf("[{to: team, events: ['*'], confidential: true, template: %q}]", template), ev, in)
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	in := payload(t, `{"n": 9007199254740993, "f": 1.5, "big": 1e21, "yes": true, "null": null, "text": "**a** [x](http://evil) `+"`c`"+`",
		"deep": {"list": [{"name": "one"}, {"name": "two"}], "map": {"k": "v"}}, "at": 1795485600, "ms": 1795485600123, "url": "https://x/(a)*b*"}`)
	in.Headers, in.Query = map[string]string{"x-kind": "push"}, map[string]string{"q": "a b"}
	cases := map[string]struct {
		template string
		want     string // as plain text
	}{
		"event and payload":                {"{{.event.type}}.{{.event.action}} {{.payload.deep.map.k}}", "pull_request.opened v"},
		"an integer stays an integer":      {"{{.payload.n}}", "9007199254740993"},
		"a number with a fraction":         {"{{.payload.f}} {{.payload.big}}", "1.5 1e+21"},
		"a boolean":                        {"{{.payload.yes}} {{.event.draft}}", "true false"},
		"missing at any depth":             {"[{{.payload.a.b.c}}{{.event.nothing}}{{.x.y}}{{.payload.null.x}}{{.payload.n.x}}{{.payload.text.x}}]", "[]"},
		"missing in markup":                {"see **{{.payload.a}}** `{{.payload.b}}` [docs]({{.payload.u}})", "see   docs"},
		"null is empty":                    {"[{{.payload.null}}]", "[]"},
		"missing from a variable":          {"{{$p := .payload}}[{{$p.a.b}}{{$.payload.a.b}}{{(index .payload.deep.list 9).name}}]", "[]"},
		"missing in a condition":           {"{{if .payload.a.b}}yes{{else}}no{{end}}", "no"},
		"missing in a comparison":          {`{{if eq .payload.a.b "x"}}yes{{else}}no{{end}}{{if gt .payload.a 3}}yes{{end}}`, "no"},
		"missing in a loop":                {"-{{range .payload.a}}x{{else}}none{{end}}", "-none"},
		"missing in every function":        {`[{{upper .x}}{{truncate 3 .x}}{{replace "a" "b" .x}}{{join "," .x}}{{first .x}}{{last .x}}{{date "2006" .x}}{{printf "%s%v" .x .x}}{{print .x}}{{urlquery .x}}{{len .x}}]`, "[0]"},
		"a loop over a list":               {"{{range $i, $e := .payload.deep.list}}{{$i}}={{.name}}{{$e.gone}} {{end}}!", "0=one 1=two !"},
		"a loop over a map":                {"{{range $k, $v := .payload.deep.map}}{{$k}}={{$v}}{{end}}", "k=v"},
		"a loop with break":                {"{{range .payload.deep.list}}{{.name}}{{break}}{{end}}", "one"},
		"with":                             {"{{with .payload.deep}}{{.map.k}}{{end}}", "v"},
		"headers by index":                 {`{{index .headers "x-kind"}}{{index .headers "gone"}} {{.query.q}}`, "push a b"},
		"index by position":                {`{{(index .payload.deep "list" 1).name}}`, "two"},
		"functions in a pipeline":          {`{{.event.title | lower | truncate 6 | replace "a" "b"}}`, "b *bol…"},
		"join and split":                   {`{{.event.labels | join ", "}}; {{split "/" "a/b" | last}}`, "area/api, bug; b"},
		"default":                          {`{{.payload.gone | default "none"}} {{.payload.n | default "none"}}`, "none 9007199254740993"},
		"dates":                            {`{{date "2006-01-02" .event.occurred_at}} {{date "15:04" .payload.at}} {{date "05" .payload.ms}} {{date "2006" "soon"}}`, "2026-11-24 02:00 00 soon"},
		"contains":                         {`{{if contains "bug" .event.labels}}a{{end}}{{if contains "old" .event.title}}b{{end}}`, "ab"},
		"comparisons":                      {`{{if and (gt .payload.n 3) (lt .payload.f 2) (ge .payload.f 1.5) (ne .payload.n 3) (eq .payload.n 9007199254740993)}}ok{{end}}`, "ok"},
		"several to choose from":           {`{{if eq .event.action "closed" "opened"}}ok{{end}}`, "ok"},
		"lists and maps are shown as JSON": {"{{.event.labels}} {{.payload.deep.map}}", `["area/api","bug"] {"k":"v"}`},
		"a named template":                 {`{{define "who"}}by {{.name}}{{end}}{{template "who" .event.actor}}`, "by dependabot[bot]"},
		"what the event brings is text":    {"{{.payload.text}}", "**a** [x](http://evil) `c`"},
		"what a function makes is text":    {`{{printf "**%s**" .event.action}}`, "**opened**"},
		"a time":                           {"{{.event.occurred_at}}", "2026-11-24T02:00:00Z"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := templated(t, c.template, pullRequest(), in)
			if len(told.Tellings) != 1 || len(told.Warnings) > 0 {
				t.Fatalf("got %+v, want one message and no warning", told)
			}
			if diff := cmp.Diff(chat.Plain(c.want), told.Tellings[0].Message.Body); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplatesHaveMarkupOfTheirOwn(t *testing.T) {
	t.Parallel()
	in := payload(t, `{"tick": "\u0060", "text": "**x** ]( ) \\", "url": "https://h/p?q=(1)*2*"}`)
	cases := map[string]struct {
		template string
		want     chat.Text
	}{
		"bold":   {"**{{.payload.text}}**", chat.Text{{Text: `**x** ]( ) \`, Bold: true}}},
		"code":   {"`{{.payload.text}}`", chat.Text{{Text: `**x** ]( ) \`, Code: true}}},
		"a link": {"[{{.payload.text}}]({{.payload.url}})", chat.Text{{Text: `**x** ]( ) \`, URL: "https://h/p?q=(1)*2*"}}},
		"a backslash of the template before a tick": {"\\{{.payload.tick}}x`", chat.Text{{Text: "\\`x`"}}},
		"a backslash of the template":               {`C:\{{.payload.text}}!`, chat.Text{{Text: `C:\**x** ]( ) \!`}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := templated(t, c.template, pullRequest(), in)
			if len(told.Tellings) != 1 {
				t.Fatalf("got %d messages, want 1", len(told.Tellings))
			}
			if diff := cmp.Diff(c.want, told.Tellings[0].Message.Body); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	list := `{"long": "` + strings.Repeat("é", 70<<10) + `", "n": 999999999999, "list": [` + strings.Repeat("1,", 2999) + `1]}`
	in := payload(t, list)
	loops := strings.Repeat("{{range .payload.list}}", 1) + strings.Repeat("{{range $.payload.list}}", 4) + strings.Repeat("{{end}}", 5)
	cases := map[string]struct{ template, code string }{
		"a long text is cut":                  {"x{{.payload.long}}", "template_cut"},
		"a loop that prints is cut":           {"{{range .payload.list}}{{range $.payload.list}}0123456789{{end}}{{end}}", "template_cut"},
		"a loop that prints nothing ends":     {loops, "template_failed"},
		"a number is no loop":                 {"{{range .payload.n}}{{end}}", "template_failed"},
		"a text that doubles itself ends":     {`{{$s := "ab"}}{{range .payload.list}}{{$s = printf "%s%s" $s $s}}{{end}}`, "template_failed"},
		"a text that replaces itself ends":    {`{{replace "é" .payload.long .payload.long}}`, "template_failed"},
		"a list joined with a long text ends": {`{{join .payload.long .payload.list}}`, "template_failed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			told := templated(t, c.template, pullRequest(), in)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if len(told.Warnings) != 1 || told.Warnings[0].Code != c.code {
				t.Fatalf("got warnings %v, want one %s", told.Warnings, c.code)
			}
			size := 0
			for _, s := range told.Tellings[0].Message.Body {
				size += len(s.Text)
				if !utf8.ValidString(s.Text) || strings.ContainsRune(s.Text, utf8.RuneError) {
					t.Error("cut within a character")
				}
			}
			if c.code == "template_cut" && (size > 64<<10 || size < 64<<10-4) {
				t.Errorf("got %d bytes, want just within 64 KiB", size)
			}
		})
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ template, want string }{
		"what is not closed":                 {"{{.event", "unclosed action"},
		"an unknown function":                {"{{shout .event}}", `"shout"`},
		"a function of the rewriting":        {`{{_get . "x"}}`, `"_get"`},
		"calls":                              {"{{call .event.x}}", `"call"`},
		"a field with arguments":             {"{{.event.title 1}}", "no function"},
		"a field in a pipeline":              {"{{1 | .event.title}}", "no function"},
		"a template that calls itself":       {`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`, "calls itself"},
		"templates that call each other":     {`{{define "a"}}{{template "b"}}{{end}}{{define "b"}}{{if .}}{{template "a"}}{{end}}{{end}}x`, "calls itself"},
		"a template that nobody defined":     {`{{template "gone"}}`, `"gone" is not defined`},
		"a function hidden in an expression": {"{{if (and true (js .x))}}{{end}}", `"js"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := routing.ParseTemplate(c.template)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one that holds %q", err, c.want)
			}
		})
	}
}

func FuzzTell(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`, `"**x**"`, `{"a":{"b":"` + "`" + `"}}`, `{"a":[1,2,{"b":1e300}]}`, `{"a":{"b":[[]]}}`, `{"list":[{"a":"](x)"}]}`, `{"a":-1}`,
	} {
		f.Add(s, "push")
	}
	setup := build(f, `
accounts: {forum: {}}
plugins:
  acme.repos:
    webhooks:
      /p:
        verify: none
        notify:
          - {to: forum-group_1, when: 'payload.a.b == 1 || payload.list.exists(x, x.a > 2)', events: ["*"]}
          - to: forum-group_2
            events: ["*"]
            template: "{{.payload}} {{.payload.a.b.c}} {{range .payload.list}}{{.a}}{{end}} {{.event.type | upper}}{{len .payload.a}}{{index .payload.a .payload.b}}"
`)
	e, _ := setup.Table.ByID("acme.repos", "/p")
	f.Fuzz(func(t *testing.T, body, kind string) {
		if kind == "boom" {
			return
		}
		told := e.Tell(t.Context(), webhook.Event{Type: kind, Default: true}, routing.InputsOf(request(body)), setup.Directory)
		if len(told.Tellings) == 0 {
			t.Errorf("%s: nobody was told, warnings %v", body, told.Warnings)
		}
		for _, m := range told.Tellings {
			for _, s := range m.Message.Body {
				if s.Bold || s.Code || s.URL != "" {
					t.Errorf("%s: became markup: %+v", body, s)
				}
			}
		}
		for _, w := range told.Warnings {
			if strings.Contains(w.Message, "broke") {
				t.Errorf("%s: %s", body, w.Message)
			}
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{{.event.title}}", "{{range $i, $e := .payload.list}}{{$e.a}}{{break}}{{else}}x{{end}}", `{{define "a"}}{{.}}{{end}}{{template "a" .payload}}`,
		`{{with $x := .payload.a}}{{$x}}{{else with .query}}y{{end}}`, `{{(index .payload "a").b | printf "%v" | upper}}`, "{{- /* c */ -}} \\", `{{if and .x (not .y)}}{{continue}}{{end}}`,
		`{{block "b" .event}}{{.type}}{{end}}`, `{{$.x.y}}{{$}}{{nil}}`, `{{range 5}}{{end}}`, `{{1 | .x}}`,
	} {
		f.Add(s)
	}
	setup := build(f, "accounts: {forum: {}}\n")
	in := payload(f, `{"a": {"b": [1, null, "x"]}, "list": [{"a": 1}, 2, []]}`)
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := routing.CompileRules([]config.Rule{{To: []string{"forum-group_1"}, Events: []string{"*"}, Template: text}})
		if err != nil {
			return
		}
		e := &routing.Endpoint{Source: plainSource{}, Rules: rules}
		told := e.Tell(t.Context(), webhook.Event{Type: "push", Title: "t"}, in, setup.Directory)
		if len(told.Tellings) != 1 {
			t.Errorf("got %+v, want one message", told)
		}
		for _, w := range told.Warnings {
			if strings.Contains(w.Message, "broke") {
				t.Errorf("got a panic: %s", w.Message)
			}
		}
	})
}
