package routing

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// globKind says what a glob's star stops at.
type globKind int

const (
	words globKind = iota // a star is anything; brackets are themselves: "*[bot]"
	names                 // a star, ? and [a-z] stop at a slash, two stars do not
)

// glob is one pattern of a filter. It takes time in proportion to the text,
// whatever the pattern.
type glob struct {
	literal string
	pattern *regexp.Regexp
}

func compileGlob(s string, kind globKind, foldCase bool) (glob, error) {
	switch {
	case s == "":
		return glob{}, errors.New("the pattern is empty")
	case s[0] == '!': // of other systems; here it would never match, and nobody would know why
		return glob{}, errors.New(`a filter does not negate: use when, or begin with \! where a name begins so`)
	}
	var b strings.Builder
	if foldCase {
		b.WriteString("(?i)")
	}
	b.WriteString(`(?s)\A`)
	for rest := s; rest != ""; {
		piece, n := globPiece(rest, kind)
		b.WriteString(piece)
		rest = rest[n:]
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return glob{}, errors.New("the pattern cannot be read: a class is not closed, or is empty")
	}
	return glob{literal: s, pattern: re}, nil
}

// globPiece translates the head of a pattern and says how long it was.
func globPiece(s string, kind globKind) (piece string, length int) {
	switch {
	case kind == names && strings.HasPrefix(s, "**/"):
		return `(?:.*/)?`, 3
	case strings.HasPrefix(s, "**"):
		return `.*`, 2
	case s[0] == '*' && kind == names:
		return `[^/]*`, 1
	case s[0] == '*':
		return `.*`, 1
	case s[0] == '?' && kind == names:
		return `[^/]`, 1
	case s[0] == '?':
		return `.`, 1
	case s[0] == '[' && kind == names:
		return globClass(s)
	case s[0] == '\\' && len(s) > 1:
		piece, length = globLiteral(s[1:])
		return piece, length + 1
	}
	return globLiteral(s)
}

func globLiteral(s string) (piece string, length int) {
	_, length = utf8.DecodeRuneInString(s)
	return regexp.QuoteMeta(s[:length]), length
}

// globClass translates "[a-z]" and "[^a-z]"; one that is not closed is left to
// fail as it stands.
func globClass(s string) (piece string, length int) {
	end := strings.IndexByte(s[1:], ']')
	if end < 1 {
		return "[", 1
	}
	inner := s[1 : end+1]
	negated := ""
	if inner[0] == '^' || inner[0] == '!' {
		negated, inner = "^/", inner[1:]
	}
	if inner == "" {
		return "[", 1
	}
	return "[" + negated + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(inner) + "]", end + 2
}

// match reports whether a text is the pattern itself, or is like it.
func (g glob) match(s string) bool { return s == g.literal || g.pattern.MatchString(s) }

type globs []glob

// any reports whether one of the patterns fits one of the texts; empty texts
// fit nothing.
func (gs globs) any(texts ...string) bool {
	for _, g := range gs {
		for _, t := range texts {
			if t != "" && g.match(t) {
				return true
			}
		}
	}
	return false
}

// String lists the patterns as they are written.
func (gs globs) String() string {
	written := make([]string, 0, len(gs))
	for _, g := range gs {
		written = append(written, g.literal)
	}
	return strings.Join(written, ", ")
}
