package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestFillNeverLooksIntoValues(t *testing.T) {
	t.Parallel()
	got := source.Fill("{who} left {where}", "who", "{where}", "where", "{who}")
	if want := "{where} left {who}"; got != want {
		t.Errorf("Fill = %q, want %q", got, want)
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	full := webhook.Event{
		Type: "star", Action: "created", Actor: webhook.Party{Name: "mona"},
		Container: webhook.Party{Name: "acme/widgets"}, Subject: webhook.Subject{Number: "7", Title: "Gold"},
	}
	tests := map[string]struct {
		event  webhook.Event
		locale source.Locale
		want   string
	}{
		"english":   {full, source.English, "[acme/widgets] star created by mona: #7 Gold"},
		"japanese":  {full, source.Japanese, "[acme/widgets] mona による star created: #7 Gold"},
		"chinese":   {full, source.Chinese, "[acme/widgets] mona 触发 star created: #7 Gold"},
		"no locale": {full, "", "[acme/widgets] star created by mona: #7 Gold"},
		"type only": {webhook.Event{Type: "star"}, source.English, "star"},
		"nothing":   {webhook.Event{}, source.Chinese, "事件"},
		"not a line": {
			webhook.Event{Type: "a\nb", Container: webhook.Party{Name: "c\r\nd"}}, source.English, "[c d] a b",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.Headline(tt.event, tt.locale); got != tt.want {
				t.Errorf("Headline = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMessageTellsMoreByVerbosity(t *testing.T) {
	t.Parallel()
	e := webhook.Event{
		Type: "ring", URL: "https://x.example/", Severity: webhook.Notice, Thread: "door", Body: "Hello",
		Fields: []webhook.Field{{Name: "Door", Value: "north"}}, Links: []webhook.Link{{Text: "Camera", URL: "https://x.example/c"}},
	}
	compact := chat.Message{Title: "Ring", URL: e.URL, Severity: e.Severity, Thread: e.Thread}
	normal := compact
	normal.Body, normal.Fields = chat.Plain("Hello"), e.Fields
	full := normal
	full.Links = e.Links
	for v, want := range map[source.Verbosity]chat.Message{
		source.Compact: compact, source.Normal: normal, "": normal, "loud": normal, source.Full: full,
	} {
		if diff := cmp.Diff(want, source.Message(e, "Ring", v)); diff != "" {
			t.Errorf("verbosity %q (-want +got):\n%s", v, diff)
		}
	}
	if got := source.Message(e, "", source.Normal).Title; got != "ring" {
		t.Errorf("a message without a title has %q, want its headline", got)
	}
}

func TestBy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		locale    source.Locale
		who, want string
	}{
		"english":  {source.English, "mona", "Push by mona"},
		"japanese": {source.Japanese, "mona", "Push（mona）"},
		"chinese":  {source.Chinese, "mona", "Push（mona）"},
		"nobody":   {source.Japanese, "", "Push"},
		"a place":  {source.English, "{what}", "Push by {what}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.By(c.locale, "Push", c.who); got != c.want {
				t.Errorf("By = %q, want %q", got, c.want)
			}
		})
	}
}
