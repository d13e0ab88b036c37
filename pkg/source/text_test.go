package source_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"postern/pkg/source"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"line breaks":        {"a\r\nb\rc\u2028d\n\n e", "a b c d e"},
		"spaces and tabs":    {"  a \t b  ", "a b"},
		"control characters": {"a\x00\x1b[31mb\x7f", "a[31mb"},
		"direction":          {"a\u202eb\u2066c", "abc"},
		"right-to-left":      {"שלום", "שלום"},
		"not UTF-8":          {"a\xffb", "ab"},
		"markup stays":       {"<b>*x*</b> &amp; @everyone", "<b>*x*</b> &amp; @everyone"},
		"empty":              {" \n ", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.OneLine(tt.in); got != tt.want {
				t.Errorf("OneLine(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestFirstLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"one":          {"fix:  two spaces stay", "fix:  two spaces stay"},
		"several":      {"first\r\nsecond", "first"},
		"blank before": {"\n \n first\nsecond", "first"},
		"none":         {"\n\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.FirstLine(tt.in); got != tt.want {
				t.Errorf("FirstLine(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		most int
		want string
	}{
		"short":           {"日本語", 3, "日本語"},
		"on a character":  {"日本語です", 3, "日本…"},
		"no space before": {"ab cd", 4, "ab…"},
		"emoji":           {"😀😀😀", 2, "😀…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.Clip(tt.in, tt.most); got != tt.want {
				t.Errorf("Clip(%q, %d) = %q, want %q", tt.in, tt.most, got, tt.want)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"plain":                {"It breaks.\n\nBadly.", "It breaks.\n\nBadly."},
		"HTML comment":         {"<!-- fill\nin -->It breaks.", "It breaks."},
		"open HTML comment":    {"It breaks.<!-- fill in", "It breaks."},
		"quoted lines":         {"> you said\n  > that\nNo.", "No."},
		"image":                {"![shot](https://x.example/a.png \"title\")", "shot https://x.example/a.png"},
		"image without a name": {"![](https://x.example/a.png)", "https://x.example/a.png"},
		"unsafe image":         {"![shot](javascript:alert)", "shot"},
		"HTML image":           {"a <img width=1 src=\"https://x.example/a.png?b=1&c\" /> b", "a https://x.example/a.png?b=1&c b"},
		"named HTML image":     {"<IMG alt='a shot' data-src=y src=https://x.example/a.png>", "a shot https://x.example/a.png"},
		"unsafe HTML image":    {"a <img width=1 src=\"x\"> b", "a  b"},
		"folded away":          {"Bumps a.\n<details open>\n<summary>Notes</summary>\nlong\n</details>\n\nTell me.", "Bumps a.\n\nTell me."},
		"HTML quotes":          {"<blockquote>you\nsaid</blockquote>\nNo.", "No."},
		"folding never closed": {"the <details> element", "the <details> element"},
		"many blank lines":     {"a\n\n\n \n\nb", "a\n\nb"},
		"nothing left":         {"<!-- only this -->", ""},
		"other markup stays":   {"**x** <b>y</b>", "**x** <b>y</b>"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.Excerpt(tt.in); got != tt.want {
				t.Errorf("Excerpt(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestExcerptsAreCutShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("語", 1000)
	for name, c := range map[string]struct {
		got  string
		want int
	}{
		"what a person wrote": {source.Excerpt(long), source.MaxExcerpt},
		"notes":               {source.Notes("<!-- x -->" + long), source.MaxNotes},
	} {
		if n := utf8.RuneCountInString(c.got); n != c.want || !strings.HasSuffix(c.got, "語…") || !utf8.ValidString(c.got) {
			t.Errorf("%s: %d characters that end in %q, want %d", name, n, c.got[len(c.got)-6:], c.want)
		}
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		safe bool
	}{
		"https":         {"https://github.com/acme/widgets/compare/a...b?x=1#L2", true},
		"http":          {"http://10.0.0.1:8080/", true},
		"upper case":    {"HTTPS://example.com/", true},
		"script":        {"javascript:alert(1)", false},
		"data":          {"data:text/html,x", false},
		"file":          {"file:///etc/passwd", false},
		"relative":      {"/acme/widgets", false},
		"no scheme":     {"//example.com/", false},
		"no host":       {"https:///x", false},
		"credentials":   {"https://user:pw@example.com/", false},
		"space":         {"https://example.com/a b", false},
		"line break":    {"https://example.com/\nx", false},
		"markup":        {"https://example.com/>x", false},
		"direction":     {"https://example.com/\u202ex", false},
		"not UTF-8":     {"https://example.com/\xff", false},
		"far too long":  {"https://example.com/" + strings.Repeat("a", 3000), false},
		"empty":         {"", false},
		"broken escape": {"https://example.com/%zz", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := ""
			if tt.safe {
				want = tt.in
			}
			if got := source.Link(tt.in); got != want {
				t.Errorf("Link(%q) = %q, want %q", tt.in, got, want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "a\r\nb", "<!-- a", "![a](b", "> x\n<img", "\xff\xfe", "\u202e日本語", strings.Repeat("<!--", 100),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, got := range map[string]string{
			"OneLine": source.OneLine(s), "FirstLine": source.FirstLine(s), "Excerpt": source.Excerpt(s),
		} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00\u202e\u2028") {
				t.Errorf("%s(%q) = %q, want clean UTF-8", name, s, got)
			}
			if name != "Excerpt" && strings.Contains(got, "\n") {
				t.Errorf("%s(%q) = %q, want one line", name, s, got)
			}
		}
		if n := utf8.RuneCountInString(source.Excerpt(s)); n > source.MaxExcerpt {
			t.Errorf("Excerpt(%q) has %d characters, want %d at most", s, n, source.MaxExcerpt)
		}
	})
}
