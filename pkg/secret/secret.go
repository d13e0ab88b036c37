// Package secret holds values that must not be printed. It never writes a
// value to a log, an error, JSON or YAML; only Reveal gives it.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// mask is what every printer sees.
const mask = "***"

// Text is a string that only Reveal shows. The zero Text is empty. It is safe
// for concurrent use.
//
// The value lies behind a pointer: fmt does not call methods on unexported
// fields, so a plain string type would print in clear inside a struct.
type Text struct{ value *string }

// New hides s.
func New(s string) Text { return Text{value: &s} }

// Reveal gives the value itself, for the one place that signs, compares or
// sends it.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty reports whether there is nothing to hide.
func (t Text) Empty() bool { return t.Reveal() == "" }

// String gives the mask, or nothing for an empty Text.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return mask
}

// GoString gives the mask for %#v.
func (t Text) GoString() string { return t.String() }

// Format gives the mask whatever the verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue gives the mask to slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText gives the mask to JSON, XML and YAML.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText takes the value from a decoder.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}

// NonEmpty gives the texts that hold something, in their order.
func NonEmpty(texts []Text) []Text {
	var kept []Text
	for _, t := range texts {
		if !t.Empty() {
			kept = append(kept, t)
		}
	}
	return kept
}
