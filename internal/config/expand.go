package config

import (
	"fmt"
	"regexp"
	"strings"
)

// variable is what stands between ${ and }: a name, and perhaps a default.
var variable = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)(:-((?s:.*)))?$`)

const malformed = "malformed ${...}: want ${NAME} or ${NAME:-default}; $${ is a literal ${"

// expand replaces ${NAME} and ${NAME:-default}; $${ is a literal ${. What a
// variable gives is not looked at again. used tells that a variable was read:
// such a text may be a secret, so none of the faults repeats any of it.
func expand(text string, lookup func(string) (string, bool)) (out string, used bool, wrong []string) {
	var b strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			break
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(literal + "${")
			text = rest
			continue
		}
		b.WriteString(before)
		inside, after, closed := closing(rest)
		used = true
		if !closed {
			return "", used, append(wrong, malformed)
		}
		value, fault := substitute(inside, lookup)
		if fault != "" {
			wrong = append(wrong, fault)
		}
		b.WriteString(value)
		text = after
	}
	return b.String(), used, wrong
}

// closing cuts at the brace that closes, past those of a nested variable, so
// that nesting is told as one fault.
func closing(text string) (inside, after string, ok bool) {
	depth := 0
	for i := range len(text) {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
		case text[i] == '}' && depth == 0:
			return text[:i], text[i+1:], true
		case text[i] == '}':
			depth--
		}
	}
	return "", "", false
}

func substitute(inside string, lookup func(string) (string, bool)) (value, fault string) {
	if strings.Contains(inside, "${") {
		return "", "a ${...} inside a ${...} is not supported"
	}
	m := variable.FindStringSubmatch(inside)
	if m == nil {
		return "", malformed
	}
	name, hasDefault, fallback := m[1], m[2] != "", m[3]
	value, set := lookup(name)
	switch {
	case hasDefault && value == "":
		return fallback, ""
	case !set:
		return "", fmt.Sprintf("the environment variable %s is not set", name)
	}
	return value, ""
}
