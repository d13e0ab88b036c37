package chat_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

func TestParseText(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   string
		want chat.Text
	}{
		"nothing":               {"", nil},
		"plain":                 {"a * b _c_ <d>", chat.Plain("a * b _c_ <d>")},
		"bold":                  {"a **b** c", chat.Text{{Text: "a "}, {Text: "b", Bold: true}, {Text: " c"}}},
		"code":                  {"run `make **all**` now", chat.Text{{Text: "run "}, {Text: "make **all**", Code: true}, {Text: " now"}}},
		"link":                  {"[a](https://x.org/?q=1)", chat.Text{{Text: "a", URL: "https://x.org/?q=1"}}},
		"mail":                  {"[a](mailto:a@x.org)", chat.Text{{Text: "a", URL: "mailto:a@x.org"}}},
		"link in bold":          {"**[a](http://x.org) b**", chat.Text{{Text: "a", URL: "http://x.org", Bold: true}, {Text: " b", Bold: true}}},
		"code in bold":          {"**a `b`**", chat.Text{{Text: "a ", Bold: true}, {Text: "b", Code: true, Bold: true}}},
		"bold over lines":       {"**a\nb**", chat.Text{{Text: "a\nb", Bold: true}}},
		"escapes":               {`\**a\* \[b](c) \\ \` + "`", chat.Plain("**a* [b](c) \\ `")},
		"backslash of no mark":  {`C:\new\_x`, chat.Plain(`C:\new\_x`)},
		"escape in code":        {"`a\\`b\\*`", chat.Text{{Text: "a`b*", Code: true}}},
		"escape in address":     {`[a](https://x.org/\(b\))`, chat.Text{{Text: "a", URL: "https://x.org/(b)"}}},
		"bold not closed":       {"a **b `c` d", chat.Text{{Text: "a **b "}, {Text: "c", Code: true}, {Text: " d"}}},
		"bold closed in code":   {"**a `b**` c", chat.Text{{Text: "**a "}, {Text: "b**", Code: true}, {Text: " c"}}},
		"code not closed":       {"a `b", chat.Plain("a `b")},
		"link not closed":       {"[a](https://x.org", chat.Plain("[a](https://x.org")},
		"no address":            {"[a] (https://x.org)", chat.Plain("[a] (https://x.org)")},
		"nothing bold":          {"a **** ``b", chat.Plain("a  b")},
		"nothing in bold":       {"a**`` []()**b", chat.Text{{Text: "a"}, {Text: " ", Bold: true}, {Text: "b"}}},
		"nothing at all":        {"****``[]()", nil},
		"between three":         {"```a```", chat.Text{{Text: "a", Code: true}}},
		"escaped nothing":       {chat.EscapeText("**** `` [a]()"), chat.Plain("**** `` [a]()")},
		"escaped within":        {"**" + chat.EscapeText("**") + "** `" + chat.EscapeText("``") + "`", chat.Text{{Text: "**", Bold: true}, {Text: " "}, {Text: "``", Code: true}}},
		"bold after bold":       {"**a****b**", chat.Text{{Text: "ab", Bold: true}}},
		"link to nothing":       {"see [the *docs*]( ), [a`]()", chat.Plain("see the *docs*, a`")},
		"no text in link":       {"[](https://x.org)", chat.Text{{Text: "https://x.org", URL: "https://x.org"}}},
		"script":                {"[a](javascript:alert(1))", chat.Plain("[a](javascript:alert(1))")},
		"relative address":      {"[a](/etc/passwd)", chat.Plain("[a](/etc/passwd)")},
		"address with blanks":   {"[a](https://x.org/b c)", chat.Text{{Text: "a", URL: "https://x.org/b%20c"}}},
		"controls and bidi":     {"a\x00\x1b[1m\u202eb\u2066", chat.Plain("a[1mb")},
		"two links on one line": {"[a](http://x.org) [b](http://y.org)", chat.Text{{Text: "a", URL: "http://x.org"}, {Text: " "}, {Text: "b", URL: "http://y.org"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, chat.ParseText(c.in)); diff != "" {
				t.Errorf("ParseText(%q) (-want +got):\n%s", c.in, diff)
			}
		})
	}
}

// A megabyte of openers would take hours if each looked for its own end.
func TestParseTextIsLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"[", "[a](", "**", "** ", "`a", "[a]", "[a](x", "\\[", "**a`"} {
		in := "x" + strings.Repeat(unit, 1<<20/len(unit))
		began := time.Now()
		got := chat.ParseText(in)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%q a million times took %v", unit, took)
		}
		if len(got) == 0 {
			t.Errorf("%q a million times became nothing", unit)
		}
	}
}

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", "a", "**a** `b` [c](https://d.org)", `\`, `\\*`, "**a", "[a](mailto:b)", "a\x00\xffb\u202e",
		"@everyone <!channel>", "👨‍👩‍👧‍👦", "e\u0301", "🇩🇪🇫🇷", "****", "[[]](())", "**`**`",
	} {
		f.Add(s)
	}
}

func FuzzEscapeText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := chat.ParseText(chat.EscapeText(s))
		if diff := cmp.Diff(chat.Plain(chat.Clean(s)), got); diff != "" {
			t.Errorf("escaped %q is not itself (-want +got):\n%s", s, diff)
		}
		around := chat.ParseText("**" + chat.EscapeText(s) + "** x")
		if clean := chat.Clean(s); clean != "" && (len(around) != 2 || around[0].Text != clean || !around[0].Bold) {
			t.Errorf("escaped %q within bold is %+v", s, around)
		}
	})
}

func FuzzParseText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, span := range chat.ParseText(s) {
			if span.Text == "" {
				t.Errorf("%q gave an empty span", s)
			}
			if chat.Clean(span.Text) != span.Text {
				t.Errorf("%q gave the unclean %q", s, span.Text)
			}
			if _, ok := chat.SafeURL(span.URL); span.URL != "" && !ok {
				t.Errorf("%q links to %q", s, span.URL)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := chat.Clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) is no UTF-8: %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) && r >= 0x202A && r != 0x200E {
				t.Errorf("Clean(%q) kept %U", s, r)
			}
		}
		if again := chat.Clean(got); again != got {
			t.Errorf("Clean is not the same twice: %q, %q", got, again)
		}
	})
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"https://x.org/a?b=c#d":    "https://x.org/a?b=c#d",
		" HTTP://x.org ":           "HTTP://x.org",
		"https://x.org/<a>|b c`\"": "https://x.org/%3Ca%3E%7Cb%20c%60%22",
		"mailto:a@x.org":           "mailto:a@x.org",
		"javascript:alert(1)":      "",
		"java\nscript:alert(1)":    "",
		"//x.org":                  "",
		"https:///a":               "",
		"mailto:":                  "",
		"ftp://x.org":              "",
		"https://x.org/" + strings.Repeat("a", 3000): "",
		"https://x.org:port/":                        "",
	}
	for in, want := range cases {
		got, ok := chat.SafeURL(in)
		if got != want || ok != (want != "") {
			t.Errorf("SafeURL(%.40q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestMessageText(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		m    chat.Message
		want string
	}{
		"nothing": {chat.Message{}, ""},
		"everything": {chat.Message{
			Title: " A\ntitle ", URL: "https://x.org/t", Footer: "foot",
			Body: chat.Text{{Text: "\n one "}, {Text: "two", Bold: true}, {Text: "\nthree"}, {Text: "link", URL: "https://x.org/l"}, {Text: " \n"}},
			Fields: []webhook.Field{
				{Name: "Name", Value: "va\nlue"}, {Name: "Empty"}, {Value: "alone"},
			},
			Links: []webhook.Link{
				{Text: "Text", URL: "https://x.org/u"}, {URL: "https://x.org/v"}, {Text: "unsafe", URL: "file:///x"}, {},
			},
		}, "A title\none two\nthreelink (https://x.org/l)\nName: va lue\nalone\n" +
			"Text: https://x.org/u\nhttps://x.org/v\nunsafe\nhttps://x.org/t\nfoot"},
		"an address that a link shows": {chat.Message{
			Title: "t", URL: "https://x.org/", Links: []webhook.Link{{Text: "See", URL: "https://x.org/"}},
		}, "t\nSee: https://x.org/"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.m.Text(); got != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

// Clean works on a copy: a Message may be shared between chats.
func TestCleanLeavesItsMessageAlone(t *testing.T) {
	t.Parallel()
	m := chat.Message{
		Body:   chat.Text{{Text: " a\x00 ", URL: "file:///"}},
		Fields: []webhook.Field{{Name: "n\n", Value: strings.Repeat("v", 100)}},
		Links:  []webhook.Link{{Text: strings.Repeat("l", 100), URL: "file:///"}},
	}
	before := chat.Message{
		Body: append(chat.Text{}, m.Body...), Fields: append([]webhook.Field{}, m.Fields...), Links: append([]webhook.Link{}, m.Links...),
	}
	_ = chat.Fit(m.Clean(), 20, chat.Runes, chat.Message.Text)
	_ = chat.Fit(m, 20, chat.Runes, chat.Message.Text)
	if diff := cmp.Diff(before, m); diff != "" {
		t.Errorf("the message was changed (-before +after):\n%s", diff)
	}
}
