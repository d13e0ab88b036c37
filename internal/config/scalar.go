package config

import (
	"encoding"
	"errors"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
)

// reader reads the text of one value as one Go type. Its errors say only that
// the text does not fit, unless it tells.
type reader struct {
	want  string // "a duration such as 5m"
	bare  bool   // a quoted value is a string, and none of these
	tells bool   // the error of read is made to be shown
	read  func(text string, out reflect.Value) error
}

// anyText is what a TextUnmarshaler wants: only it knows.
const anyText = "a text"

var errUnfit = errors.New("does not fit")

// readerOf gives the reader of a type, nil for one that is no single value.
func readerOf(t reflect.Type) *reader {
	switch t {
	case reflect.TypeFor[secret.Text]():
		return &reader{want: "a string", tells: true, read: setting(readSecret)}
	case reflect.TypeFor[time.Duration]():
		return &reader{want: "a duration such as 5m", read: setting(parseDuration)}
	case reflect.TypeFor[Size]():
		return &reader{want: "a size such as 1MiB", read: setting(parseSize)}
	case reflect.TypeFor[Rate]():
		return &reader{want: "a rate such as 20/m", read: setting(parseRate)}
	case reflect.TypeFor[netip.Prefix]():
		return &reader{want: "an address or a CIDR such as 10.0.0.0/8", read: setting(source.ParsePrefix)}
	case reflect.TypeFor[AllowIP]():
		return &reader{want: "a CIDR, an address or a provider's name such as github", read: setting(parseAllowIP)}
	case reflect.TypeFor[source.Locale]():
		return wordReader(source.English, source.Japanese, source.Chinese)
	case reflect.TypeFor[source.Verbosity]():
		return wordReader(source.Compact, source.Normal, source.Full)
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return &reader{want: anyText, tells: true, read: unmarshalText}
	}
	return kindReader(t)
}

func kindReader(t reflect.Type) *reader {
	switch t.Kind() {
	case reflect.String:
		return &reader{want: "a string", read: func(text string, out reflect.Value) error {
			out.SetString(text)
			return nil
		}}
	case reflect.Bool:
		return &reader{want: "true or false", bare: true, read: readBool}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &reader{want: "a whole number", bare: true, read: readInt}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &reader{want: "a whole number, not negative", bare: true, read: readUint}
	case reflect.Float32, reflect.Float64:
		return &reader{want: "a number", bare: true, read: readFloat}
	default:
		return nil
	}
}

func setting[T any](parse func(string) (T, error)) func(string, reflect.Value) error {
	return func(text string, out reflect.Value) error {
		v, err := parse(text)
		if err == nil {
			out.Set(reflect.ValueOf(v))
		}
		return err
	}
}

func wordReader[T ~string](words ...T) *reader {
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	return &reader{want: orList(list), read: func(text string, out reflect.Value) error {
		if !slices.Contains(list, text) {
			return errUnfit
		}
		out.SetString(text)
		return nil
	}}
}

func unmarshalText(text string, out reflect.Value) error {
	u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](out.Addr())
	if !ok {
		return errUnfit
	}
	return u.UnmarshalText([]byte(text))
}

func readBool(text string, out reflect.Value) error {
	switch text {
	case "true", "True", "TRUE":
		out.SetBool(true)
	case "false", "False", "FALSE":
		out.SetBool(false)
	default:
		return errUnfit
	}
	return nil
}

func readInt(text string, out reflect.Value) error {
	i, err := strconv.ParseInt(text, 10, out.Type().Bits())
	if err == nil {
		out.SetInt(i)
	}
	return err
}

func readUint(text string, out reflect.Value) error {
	u, err := strconv.ParseUint(text, 10, out.Type().Bits())
	if err == nil {
		out.SetUint(u)
	}
	return err
}

func readFloat(text string, out reflect.Value) error {
	f, err := strconv.ParseFloat(text, out.Type().Bits())
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return errUnfit
	}
	out.SetFloat(f)
	return nil
}

// plain gives a value as encoding/json would: maps, lists, strings, numbers.
func (n Node) plain() any {
	switch {
	case n.is(mapKind):
		m := map[string]any{}
		for _, child := range n.children() {
			m[child.name] = child.plain()
		}
		return m
	case n.is(listKind):
		list := []any{}
		for _, item := range n.items() {
			list = append(list, item.plain())
		}
		return list
	case n.is(scalarKind) && n.value.quoted:
		return n.value.text
	case n.is(scalarKind):
		return plainScalar(n.value.text)
	default:
		return nil
	}
}

func plainScalar(text string) any {
	switch text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if i, err := strconv.Atoi(text); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, "0123456789") && !strings.ContainsAny(text, "xX_pP") {
		return f
	}
	return text
}
