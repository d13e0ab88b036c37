package chat_test

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

func TestCut(t *testing.T) {
	t.Parallel()
	family := "👨‍👩‍👧‍👦"
	cases := map[string]struct {
		in   string
		n    int
		unit chat.Unit
		want string
	}{
		"fits":                       {"abc", 3, chat.Bytes, "abc"},
		"bytes":                      {"abcdefg", 6, chat.Bytes, "abc…"},
		"bytes within a rune":        {"警警警警", 10, chat.Bytes, "警警…"},
		"runes":                      {"警警警警", 3, chat.Runes, "警警…"},
		"utf-16 within a pair":       {"🔥🔥🔥", 4, chat.UTF16, "🔥…"},
		"no room for the mark":       {"abcdefg", 2, chat.Bytes, ""},
		"nothing":                    {"abc", 0, chat.Runes, ""},
		"less than nothing":          {"abc", -5, chat.Runes, ""},
		"a family stays together":    {"a" + family + "b", 6, chat.Runes, "a…"},
		"a family whole":             {"a" + family + "bcd", 9, chat.Runes, "a" + family + "…"},
		"an accent stays":            {"ae\u0301x", 3, chat.Runes, "a…"},
		"a skin tone stays":          {"a👍🏽xx", 3, chat.Runes, "a…"},
		"a flag stays":               {"🇩🇪🇫🇷x", 4, chat.Runes, "🇩🇪…"},
		"an endless letter is torn":  {strings.Repeat("\u0301", 100), 50, chat.Runes, strings.Repeat("\u0301", 49) + "…"},
		"bytes that are no UTF-8":    {"a\xff\xffbcd", 5, chat.Bytes, "a\xff…"},
		"a variation selector stays": {"a❤️bcdef", 3, chat.Runes, "a…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := chat.Cut(c.in, c.n, c.unit); got != c.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
			}
		})
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "abc", strings.Repeat("警", 100), "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u0301e\u0301", "🇩🇪🇫🇷", "مرحبا", "a\xffb"} {
		for _, n := range []int{0, 1, 3, 7, 200} {
			f.Add(s, n)
		}
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		for _, unit := range []chat.Unit{chat.Bytes, chat.Runes, chat.UTF16} {
			got := chat.Cut(s, n, unit)
			if size := unit.Len(got); size > max(n, 0) {
				t.Errorf("Cut(%q, %d) is %d units long", s, n, size)
			}
			if utf8.ValidString(s) && !utf8.ValidString(got) {
				t.Errorf("Cut(%q, %d) is no UTF-8: %q", s, n, got)
			}
			if got != s && !strings.HasPrefix(s, strings.TrimSuffix(got, "…")) {
				t.Errorf("Cut(%q, %d) is no beginning: %q", s, n, got)
			}
		}
	})
}

// FuzzFit holds the promise that senders live by: after escaping, within the
// limit, and no entity torn.
func FuzzFit(f *testing.F) {
	f.Add("title", "body <&>", "name", "value", 40)
	f.Add(strings.Repeat("t<", 100), strings.Repeat("&", 500), "n", strings.Repeat("v", 300), 64)
	f.Add("", strings.Repeat("👨‍👩‍👧‍👦", 40), "", "", 100)
	f.Fuzz(func(t *testing.T, title, body, name, value string, limit int) {
		limit = min(max(limit, 1), 5000)
		m := chat.Message{
			Title: title, Body: chat.Text{{Text: body, Bold: true}, {Text: body}}, Footer: name,
			Fields: []webhook.Field{{Name: name, Value: value}, {Name: value, Value: name}},
			Links:  []webhook.Link{{Text: title, URL: "https://x.org/?a=1&b=2"}},
		}
		render := func(m chat.Message) string { return html.EscapeString(m.Text()) }
		got := render(chat.Fit(m.Clean(), limit, chat.UTF16, render))
		if size := chat.UTF16.Len(got); size > limit {
			t.Errorf("%d units, want at most %d: %q", size, limit, got)
		}
		if html.EscapeString(html.UnescapeString(got)) != got {
			t.Errorf("an entity is torn: %q", got)
		}
	})
}

func TestFitKeepsAsMuchAsItCan(t *testing.T) {
	t.Parallel()
	m := chat.Message{
		Title: "Title", Body: chat.Plain(strings.Repeat("b", 500)), Footer: "footer",
		Fields: []webhook.Field{{Name: "Kept", Value: "yes"}},
	}
	got := chat.Fit(m, 100, chat.Runes, chat.Message.Text).Text()
	want := "Title\n" + strings.Repeat("b", 83) + "…\nKept: yes"
	if got != want {
		t.Errorf("got %q (%d), want %q", got, chat.Runes.Len(got), want)
	}
	if same := chat.Fit(m, 1000, chat.Runes, chat.Message.Text).Text(); same != m.Text() {
		t.Errorf("what fits was changed to %q", same)
	}
}
