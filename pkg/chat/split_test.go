package chat_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

func plainly(m chat.Message) string { return m.Text() }

func TestSplitSaysEverythingOnce(t *testing.T) {
	t.Parallel()
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = strings.Repeat(string(rune('a'+i%26)), 20+i%7)
	}
	words := strings.Fields(strings.Repeat("lorem ipsum dolor ", 80))
	tests := map[string]struct {
		body string
		want func(string) []string
	}{
		"lines": {strings.Join(lines, "\n"), strings.Fields},
		"words": {strings.Join(words, " "), strings.Fields},
		"one word without an end": {strings.Repeat("x", 1500), func(s string) []string {
			return []string{strings.Join(strings.Fields(s), "")}
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := chat.Message{Body: chat.Plain(tt.body)}
			parts := chat.Split(m, 20, 200, chat.UTF16, plainly)
			if len(parts) < 2 {
				t.Fatalf("%d parts, want several", len(parts))
			}
			var said []string
			for _, p := range parts {
				text := p.Text()
				if n := chat.UTF16.Len(text); n == 0 || n > 200 {
					t.Errorf("a part is %d units long, want 1 to 200", n)
				}
				said = append(said, text)
			}
			if got, want := tt.want(strings.Join(said, "\n")), tt.want(tt.body); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestNoPartIsTooLongWhereLessIsMore: a dialect may write more where a part ends in
// a star, as WeCom's does.
func TestNoPartIsTooLongWhereLessIsMore(t *testing.T) {
	t.Parallel()
	starry := func(m chat.Message) string {
		s := m.Text()
		if strings.HasSuffix(s, "*") {
			s += strings.Repeat("!", 60)
		}
		return s
	}
	bodies := map[string]string{
		"at the end of each line": strings.Repeat(strings.Repeat("a", 30)+"*\n", 20),
		"at the end of each word": strings.Repeat("abcdefg* ", 90),
		"at each place":           strings.Repeat("*", 600),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range chat.Split(chat.Message{Body: chat.Plain(body)}, 5, 200, chat.UTF16, starry) {
				if n := chat.UTF16.Len(starry(p)); n == 0 || n > 200 {
					t.Errorf("a part is %d long, want 1 to 200", n)
				}
			}
		})
	}
}

func TestSplitPutsEachThingInItsPlace(t *testing.T) {
	t.Parallel()
	m := chat.Message{
		Title: "Title", Body: chat.Plain(strings.Repeat("word ", 100)), Mentions: []string{"U1"},
		Fields: []webhook.Field{{Name: "Field", Value: "v"}}, Links: []webhook.Link{{Text: "Link", URL: "https://example.com"}},
		Footer: "Footer", Severity: webhook.Error, Thread: "t",
	}.Clean()
	parts := chat.Split(m, 9, 150, chat.Runes, plainly)
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) < 3 || first.Title != "Title" || len(first.Mentions) != 1 || len(first.Fields) != 0 || first.Footer != "" {
		t.Errorf("%d parts, the first %+v: want title and mentions in it and nothing of the end", len(parts), first)
	}
	if last.Title != "" || len(last.Mentions) != 0 || len(last.Fields) != 1 || len(last.Links) != 1 || last.Footer != "Footer" {
		t.Errorf("the last %+v: want fields, links and footer in it and no title", last)
	}
	for _, p := range parts {
		if p.Severity != webhook.Error || p.Thread != "t" {
			t.Errorf("a part lost its severity or thread: %+v", p)
		}
	}
}

func TestSplitEndsWithinItsParts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		m    chat.Message
		most int
		want int
	}{
		"short":               {chat.Message{Title: "t", Body: chat.Plain("b")}, 5, 1},
		"one part is allowed": {chat.Message{Body: chat.Plain(strings.Repeat("x", 5000))}, 1, 1},
		"more than all parts": {chat.Message{Body: chat.Plain(strings.Repeat("x", 5000))}, 3, 3},
		"an endless title":    {chat.Message{Title: strings.Repeat("x", 5000), Body: chat.Plain("b")}, 3, 1},
		"blanks in between":   {chat.Message{Body: chat.Plain("a" + strings.Repeat(" ", 1000) + "b")}, 9, 2},
		"what follows the body does not fit beside it": {chat.Message{
			Body: chat.Plain(strings.Repeat("x", 95)), Fields: []webhook.Field{{Name: "n", Value: "v"}}, Footer: "end",
		}, 3, 2},
		"what follows the body fits nowhere": {chat.Message{
			Title: "t", Body: chat.Plain(strings.Repeat("x", 150)), Fields: []webhook.Field{{Name: "n", Value: strings.Repeat("v", 500)}},
		}, 5, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := chat.Split(tt.m.Clean(), tt.most, 100, chat.Runes, plainly)
			if len(parts) != tt.want {
				t.Errorf("%d parts, want %d", len(parts), tt.want)
			}
			for _, p := range parts {
				if n := utf8.RuneCountInString(p.Text()); n == 0 || n > 100 {
					t.Errorf("a part is %d runes long, want 1 to 100", n)
				}
			}
		})
	}
}

func TestSplitKeepsStylesAndCharacters(t *testing.T) {
	t.Parallel()
	family := "👨‍👩‍👧‍👦"
	m := chat.Message{Body: chat.Text{{Text: strings.Repeat(family, 40), Code: true}, {Text: strings.Repeat("é", 300), Bold: true}}}
	parts := chat.Split(m, 30, 120, chat.UTF16, plainly)
	code := 0
	for _, p := range parts {
		for _, s := range p.Body {
			if s.Code && strings.ReplaceAll(s.Text, family, "") == "" && strings.Count(s.Text, "👨") == strings.Count(s.Text, "👦") {
				code += strings.Count(s.Text, "👨")
			}
			if !s.Code && !s.Bold {
				t.Errorf("a span lost its style: %q", s.Text)
			}
		}
	}
	if code != 40 {
		t.Errorf("%d whole families in code, want 40", code)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("title", strings.Repeat("word ", 100), 3, 40)
	f.Add("", "\u0301\u0301e\u200d👨‍👩‍👧‍👦🇩🇪🇫🇷", 5, 7)
	f.Fuzz(func(t *testing.T, title, body string, most, limit int) {
		if most < 1 || most > 10 || limit < 8 || limit > 4000 {
			t.Skip("no platform's limits")
		}
		m := chat.Message{Title: title, Body: chat.ParseText(body), Footer: "end"}.Clean()
		parts := chat.Split(m, most, limit, chat.UTF16, plainly)
		if len(parts) < 1 || len(parts) > most {
			t.Fatalf("%d parts, want 1 to %d", len(parts), most)
		}
		for _, p := range parts {
			if text := p.Text(); chat.UTF16.Len(text) > limit || !utf8.ValidString(text) {
				t.Errorf("%q is too long or no UTF-8", text)
			}
		}
	})
}

// TestKeysTellPartsApart: what is said again in plain text ends elsewhere, so no
// platform may take it for what it has.
func TestKeysTellPartsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]chat.Delivery{}
	for _, d := range []chat.Delivery{{ID: "n"}, {ID: "n", Part: 1}, {ID: "n", Plain: true}, {ID: "n", Part: 1, Plain: true}} {
		if other, ok := seen[d.Key()]; ok {
			t.Errorf("part %d (plain: %t) and part %d (plain: %t) have the key %q", d.Part, d.Plain, other.Part, other.Plain, d.Key())
		}
		seen[d.Key()] = d
	}
	if got := (chat.Delivery{ID: "n"}).Key(); got != "n" {
		t.Errorf("got %q, want the notification's id", got)
	}
}
