package routing

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"postern/pkg/chat"
)

const (
	longestText = 1 << 20 // bytes that one function may make
	mostPieces  = 1000    // pieces that split makes; the last holds the rest
)

var errTextTooLong = errors.New("a function made more than 1 MiB of text")

// templateFuncs are the functions of a template, as docs/rules.md shows them.
// All take what is missing for empty, and the value last, so that they stand in
// a pipeline:
//
//	upper, lower, trim     of a text
//	truncate 80            at most so many characters, then "…"
//	replace "a" "b"        every a by b
//	split ","              a list of texts; join ", " makes one text of a list
//	first, last            of a list
//	default "none"         where the value is empty
//	date "2006-01-02"      an RFC 3339 time, or Unix seconds or milliseconds, in UTC
//	contains "x"           whether a text holds x, or a list has x
//	urlquery               a text escaped for a URL's query
//	len, index             of a text, list or map; nothing where there is none
//	eq, ne, lt, le, gt, ge between numbers of any kind, or texts
//	print, printf, println as in Go
func templateFuncs() template.FuncMap {
	return template.FuncMap{
		funcGet: getFields, funcShow: show, funcRange: walkable, funcTick: func() (string, error) { return "", nil },

		"upper":    func(v any) string { return strings.ToUpper(textOf(v)) },
		"lower":    func(v any) string { return strings.ToLower(textOf(v)) },
		"trim":     func(v any) string { return strings.TrimSpace(textOf(v)) },
		"truncate": truncate,
		"replace":  replace,
		"split":    split,
		"join":     join,
		"first":    func(v any) any { return element(v, 0) },
		"last":     func(v any) any { return element(v, length(v)-1) },
		"default":  orDefault,
		"date":     date,
		"contains": contains,
		"urlquery": func(v any) string { return url.QueryEscape(textOf(v)) },
		"len":      length,
		"index":    getIndex,
		"print":    func(vs ...any) (string, error) { return short(fmt.Sprint(printable(vs)...)) },
		"println":  func(vs ...any) (string, error) { return short(fmt.Sprintln(printable(vs)...)) },
		"printf":   func(f string, vs ...any) (string, error) { return short(fmt.Sprintf(f, printable(vs)...)) },
		"eq":       equal,
		"ne":       func(a, b any) bool { return !equal(a, b) },
		"lt":       func(a, b any) bool { o, ok := order(a, b); return ok && o < 0 },
		"le":       func(a, b any) bool { o, ok := order(a, b); return ok && o <= 0 },
		"gt":       func(a, b any) bool { o, ok := order(a, b); return ok && o > 0 },
		"ge":       func(a, b any) bool { o, ok := order(a, b); return ok && o >= 0 },
	}
}

// getFields goes down a chain of fields; what is missing, or no map, is nil.
func getFields(v any, fields ...string) any {
	for _, f := range fields {
		m, _ := v.(map[string]any)
		v = m[f]
	}
	return v
}

// getIndex goes down a chain of keys and positions.
func getIndex(v any, keys ...any) any {
	for _, k := range keys {
		if i, ok := integer(k); ok {
			v = element(v, i)
			continue
		}
		v = getFields(v, textOf(k))
	}
	return v
}

func element(v any, i int) any {
	if l, ok := v.([]any); ok && i >= 0 && i < len(l) {
		return l[i]
	}
	return nil
}

// walkable lets a loop have lists and maps only: a number out of a payload
// would make it as long as a stranger likes.
func walkable(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return []any{}, nil
	case []any, map[string]any:
		return v, nil
	case string:
		if v == "" {
			return []any{}, nil
		}
	}
	return nil, errors.New("a loop walks a list or a map")
}

// show prints a value for a message: as text, escaped. More than fits into the
// output need not be escaped.
func show(v any) string { return chat.EscapeText(cutBytes(textOf(v), templateBytes+1)) }

// textOf gives a value as text: nothing for nil, integers as integers, lists
// and maps as JSON.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		if math.Abs(v) < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	case []any, map[string]any:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err == nil {
			return strings.TrimSuffix(b.String(), "\n")
		}
	}
	return fmt.Sprint(v)
}

// printable puts an empty text where nothing is, and JSON for what has parts.
func printable(vs []any) []any {
	made := make([]any, len(vs))
	for i, v := range vs {
		switch v.(type) {
		case nil, []any, map[string]any:
			made[i] = textOf(v)
		default:
			made[i] = v
		}
	}
	return made
}

func short(s string) (string, error) {
	if len(s) > longestText {
		return "", errTextTooLong
	}
	return s, nil
}

func truncate(limit int, v any) string {
	s, n := textOf(v), 0
	for i := range s {
		if n >= limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func replace(from, to, v any) (string, error) {
	s, a, b := textOf(v), textOf(from), textOf(to)
	if a == "" {
		return s, nil
	}
	if grown := len(s) + strings.Count(s, a)*(len(b)-len(a)); grown > max(longestText, len(s)) {
		return "", errTextTooLong
	}
	return strings.ReplaceAll(s, a, b), nil
}

func split(by, v any) []any {
	s, sep := textOf(v), textOf(by)
	if s == "" {
		return []any{}
	}
	if sep == "" {
		return []any{s}
	}
	return list(strings.SplitN(s, sep, mostPieces), func(p string) any { return p })
}

func join(by, v any) (string, error) {
	l, ok := v.([]any)
	if !ok {
		return textOf(v), nil
	}
	var b strings.Builder
	for i, item := range l {
		if i > 0 {
			b.WriteString(textOf(by))
		}
		b.WriteString(textOf(item))
		if b.Len() > longestText {
			return "", errTextTooLong
		}
	}
	return b.String(), nil
}

func orDefault(instead, v any) any {
	if truth, _ := template.IsTrue(v); truth {
		return v
	}
	return instead
}

// date formats a time; what is none stays as it is.
func date(layout string, v any) string {
	if n, ok := number(v); ok && n > 0 {
		if n >= 1e12 { // 13 digits: milliseconds
			return time.UnixMilli(int64(n)).UTC().Format(layout)
		}
		return time.Unix(int64(n), 0).UTC().Format(layout)
	}
	t, err := time.Parse(time.RFC3339, textOf(v))
	if err != nil {
		return textOf(v)
	}
	return t.UTC().Format(layout)
}

func contains(part, v any) bool {
	l, ok := v.([]any)
	if !ok {
		return strings.Contains(textOf(v), textOf(part))
	}
	for _, item := range l {
		if equal(item, part) {
			return true
		}
	}
	return false
}

func length(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return utf8.RuneCountInString(textOf(v))
}

func equal(a any, others ...any) bool {
	for _, b := range others {
		if o, ok := order(a, b); ok && o == 0 {
			return true
		}
	}
	return false
}

// order compares numbers of any kind, texts and booleans. What is missing is
// an empty text; what cannot be compared is neither less, more nor equal.
func order(a, b any) (int, bool) {
	if x, ok := a.(bool); ok {
		y, ok := b.(bool)
		return map[bool]int{true: 0, false: 1}[x == y], ok
	}
	x, isInt := integer(a)
	y, bothInt := integer(b)
	if isInt && bothInt {
		return cmp.Compare(x, y), true
	}
	f, isNumber := number(a)
	g, bothNumber := number(b)
	if isNumber && bothNumber {
		return cmp.Compare(f, g), true
	}
	s, isText := plainText(a)
	t, bothText := plainText(b)
	return strings.Compare(s, t), isText && bothText
}

func plainText(v any) (string, bool) {
	s, ok := v.(string)
	return s, ok || v == nil
}

func integer(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	}
	return 0, false
}

func number(v any) (float64, bool) {
	if i, ok := integer(v); ok {
		return float64(i), true
	}
	f, ok := v.(float64)
	return f, ok
}
