package chattest

import (
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// bombs are what pings a whole room on one platform or another.
const bombs = `@everyone @here <!channel> <@U1> [CQ:at,qq=all] <at user_id="all"> @room @**all**`

// Gallery gives the messages that every Sender must say well, by name. They
// are nasty: a golden file of each shows how they look on the wire.
func Gallery() map[string]chat.Message {
	gallery := texts()
	gallery["plain"] = chat.Message{
		Title: "octocat pushed 2 commits to main", URL: "https://example.com/acme/widgets/compare/a...b?x=1&y=2",
		Body:   chat.Plain("Fix the frobnicator\nThen fix it again"),
		Fields: []webhook.Field{{Name: "Repository", Value: "acme/widgets"}, {Name: "Commits", Value: "2"}},
		Links:  []webhook.Link{{Text: "Compare", URL: "https://example.com/compare"}},
		Footer: "acme.repos", Severity: webhook.Info,
	}
	gallery["markup"] = chat.Message{
		Title: "*bold* _it_ ~strike~ `code` <b>html</b> & [t](https://example.com)",
		Body: chat.Text{
			{Text: "snake_case 3 * 4 **no** `no` ||no|| > no\n# no\n- no\n1. no\nback\\slash "},
			{Text: " yes ", Bold: true},
			{Text: "\nb`tick", Code: true},
			{Text: " and "},
			{Text: "code_1", Code: true},
			{Text: " "},
			{Text: "a [link] | <x>", URL: "https://example.com/a_b_(c)?q=<x>|y z&w=1"},
		},
	}
	gallery["mention_bombs"] = chat.Message{
		Title: bombs, Body: chat.Text{{Text: bombs + "\n"}, {Text: bombs, Bold: true}, {Text: " "}, {Text: bombs, Code: true}},
		Fields: []webhook.Field{{Name: bombs, Value: bombs}},
		Links:  []webhook.Link{{Text: bombs, URL: "https://example.com/@everyone"}}, Footer: bombs,
	}
	gallery["odd_links"] = chat.Message{
		Title: "Links", URL: "javascript:alert(1)",
		Body: chat.Text{
			{Text: "script", URL: "javascript:alert(1)"},
			{Text: " "},
			{Text: "data", URL: "data:text/html,x"},
			{Text: " bare https://example.com/a_b_c?d=*e* text"},
		},
		Links: []webhook.Link{
			{Text: "odd", URL: "https://example.com/a b|c>d<e\"f)g(h"},
			{Text: "", URL: "https://example.com/no-text"},
			{Text: "mail", URL: "mailto:a@example.com"},
			{Text: "file", URL: "file:///etc/passwd"},
		},
	}
	return gallery
}

// texts are the messages that are about their characters.
func texts() map[string]chat.Message {
	family := "👨‍👩‍👧‍👦"
	return map[string]chat.Message{
		"empty_body":    {Title: "Only a title"},
		"only_body":     {Body: chat.Plain("Only a body")},
		"emoji_5000":    {Title: "Emoji", Body: chat.Plain(strings.Repeat("🔥", 5000))},
		"zwj_sequences": {Title: family, Body: chat.Plain(strings.Repeat(family, 700))},
		"right_to_left": {Title: "שלום עולם", Body: chat.Plain("مرحبا \u202eevil\u202c \u2066x\u2069 عالم")},
		"controls": {
			Title: "bell\a null\x00 esc\x1b[31mred\x1b[0m\r\nQUIT",
			Body:  chat.Plain("tab\tkept\nline\u2028sep\x7f\u009b31m bad\xff\xfeutf8"),
			Fields: []webhook.Field{
				{Name: "two\nlines", Value: "a\nb"}, {Name: "empty", Value: " "},
			},
		},
		"long_line": {
			Title: "Long", Body: chat.Plain(strings.Repeat("x&<_*@", 100_000/6)), Footer: "dropped",
			Fields: []webhook.Field{{Name: "Kept", Value: "yes"}},
		},
		"long_everything": {
			Title: strings.Repeat("title ", 2000), Footer: strings.Repeat("footer ", 2000),
			Fields: []webhook.Field{{Name: strings.Repeat("n", 5000), Value: strings.Repeat("v", 5000)}},
			Links:  []webhook.Link{{Text: strings.Repeat("link ", 2000), URL: "https://example.com/"}},
			Body:   chat.Text{{Text: strings.Repeat("b*", 5000), Bold: true}, {Text: strings.Repeat("c`", 5000), Code: true}},
		},
	}
}

// delivery is m as a worker would hand it over; all of it is fixed.
func (s Suite) delivery(m chat.Message) chat.Delivery {
	return chat.Delivery{
		ID: "0199d0c0-0000-7000-8000-000000000001-0-team", JobID: "0199d0c0-0000-7000-8000-000000000001",
		Channel: s.Channel, Message: m, Event: s.event(),
		AcceptedAt: time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC),
	}
}

func (s Suite) event() *webhook.Event {
	if !s.Event {
		return nil
	}
	return &webhook.Event{
		Source: "github", Type: "push", DeliveryID: "72d3162e", Severity: webhook.Info,
		Title:      "octocat pushed <2> commits & more",
		OccurredAt: time.Date(2026, time.November, 24, 1, 59, 58, 0, time.UTC),
	}
}
