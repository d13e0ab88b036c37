package chat

import (
	"html"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// mostEscapes is how many escapes, one within the other, are undone to find a secret.
const mostEscapes = 4

// redactor makes the function that takes out of a text whatever must not be
// shown: the secrets, the URL, and each part of it that is long enough to be
// a key, however they are escaped and in whichever case.
func redactor(c Call) func(string) string {
	hidden := []string{c.URL}
	for _, s := range c.Secrets {
		hidden = append(hidden, s.Reveal())
	}
	if u, err := url.Parse(c.URL); err == nil {
		hidden = append(hidden, keysIn(u)...)
	}
	return hiding(hidden)
}

// hiding makes the function that writes *** for each of hidden. Where undoing the
// escapes of a text shows more of them, it gives the text without escapes.
func hiding(hidden []string) func(string) string {
	find := sync.OnceValue(func() *regexp.Regexp { return anyOf(hidden) }) // few texts are errors
	return func(words string) string {
		words = find().ReplaceAllLiteralString(words, "***")
		plain := words
		for range mostEscapes {
			plain = unescapedOnce(plain)
			if found := find().ReplaceAllLiteralString(plain, "***"); found != plain {
				words, plain = found, found
			}
		}
		return words
	}
}

// anyOf finds hidden, also as they look when escaped in an address, and when what
// looks like an escape in them is undone. Of nothing it finds nothing.
func anyOf(hidden []string) *regexp.Regexp {
	forms := []string{`[^\s\S]`}
	sort.Slice(hidden, func(i, j int) bool { return len(hidden[i]) > len(hidden[j]) }) // the whole before its parts
	for _, h := range hidden {
		for _, form := range []string{h, url.PathEscape(h), url.QueryEscape(h), unescapedOnce(h)} {
			if form = Clean(form); form != "" { // as the words are cleaned
				forms = append(forms, regexp.QuoteMeta(form))
			}
		}
	}
	return regexp.MustCompile(`(?i)` + strings.Join(forms, "|"))
}

// oneEscape is an escape of JSON (\/, \u003d) or of an address (%3D).
var oneEscape = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}|\\["\\/bfnrt]|%[0-9A-Fa-f]{2}`)

// unescapedOnce undoes the escapes of JSON, of addresses and of HTML.
func unescapedOnce(s string) string {
	if !strings.ContainsAny(s, `\%&`) {
		return s
	}
	return html.UnescapeString(oneEscape.ReplaceAllStringFunc(s, func(escape string) string {
		switch {
		case escape[0] == '%':
			n, _ := strconv.ParseUint(escape[1:], 16, 8)
			return string([]byte{byte(n)})
		case escape[1] == 'u':
			n, _ := strconv.ParseUint(escape[2:], 16, 16)
			return string(rune(n))
		default:
			return unescapedLetter(escape[1:])
		}
	}))
}

// unescapedLetter is what stands behind a backslash of JSON: a blank for what would
// break a line.
func unescapedLetter(s string) string {
	switch s {
	case "b", "f", "n", "r", "t":
		return " "
	}
	return s
}

// minKey is the least length at which a part of a URL is taken for a key.
const minKey = 8

func keysIn(u *url.URL) []string {
	var keys []string
	add := func(s string) {
		if len(s) >= minKey {
			keys = append(keys, s)
		}
	}
	add(u.RequestURI())
	add(u.Path)
	for segment := range strings.SplitSeq(u.Path, "/") {
		add(segment)
	}
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	if password, ok := u.User.Password(); ok && password != "" {
		keys = append(keys, password)
	}
	return keys
}
