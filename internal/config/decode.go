package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"postern/pkg/plugin"
	"postern/pkg/secret"
)

// decoder fills Go values from places of the file and gathers what is wrong.
type decoder struct {
	faults *faults
	chat   func(at Node, name string) // hears of settings that name a chat, where it is not nil
}

// field is what a struct tag says of a field beside its name.
type field struct {
	oneof    []string // the words it takes
	positive bool     // more than 0
}

func (d *decoder) fault(n Node, format string, args ...any) {
	d.faults.add(n.Errorf(format, args...))
}

// decode fills out from n. What is not written, or already told to be broken,
// leaves out as it is.
func (d *decoder) decode(n Node, out reflect.Value, f field) {
	switch {
	case n.value == nil || n.is(brokenKind):
		return
	case out.Type() == reflect.TypeFor[Node]():
		out.Set(reflect.ValueOf(n))
		return
	case out.Kind() == reflect.Pointer:
		d.decodePointer(n, out, f)
		return
	}
	if read := readerOf(out.Type()); read != nil {
		d.decodeScalar(n, out, f, read)
		return
	}
	switch out.Kind() {
	case reflect.Struct:
		d.decodeStruct(n, out)
	case reflect.Map:
		d.decodeMap(n, out, f)
	case reflect.Slice:
		d.decodeSlice(n, out, f)
	case reflect.Interface:
		d.decodeAny(n, out)
	default:
		d.fault(n, "a %s cannot be configured", out.Type())
	}
}

func (d *decoder) decodePointer(n Node, out reflect.Value, f field) {
	if n.is(nullKind) {
		return
	}
	if out.IsNil() {
		out.Set(reflect.New(out.Type().Elem()))
	}
	d.decode(n, out.Elem(), f)
}

// wants tells whether n has the shape k; an empty value is an empty map, so
// that a section may have all its lines commented out.
func (d *decoder) wants(n Node, k kind, word string) bool {
	switch {
	case n.is(k):
		return true
	case n.is(nullKind) && k == mapKind:
	case n.is(nullKind):
		d.fault(n, "has no value; want %s", word)
	default:
		d.fault(n, "want %s, got %s", word, n.shape())
	}
	return false
}

func (d *decoder) decodeStruct(n Node, out reflect.Value) {
	if !d.wants(n, mapKind, "a map") {
		return
	}
	fields := map[string]fieldAt{}
	fieldsOf(out.Type(), nil, fields)
	for _, child := range n.children() {
		at, ok := fields[child.name]
		if !ok {
			d.faults.add(child.key.Errorf("unknown key%s", n.suggest(child.name, fields)))
			continue
		}
		d.decode(child.Node, out.FieldByIndex(at.index), at.field)
	}
}

// fieldAt is a field of a struct, or of a struct embedded in it.
type fieldAt struct {
	index []int
	field
}

// fieldsOf gathers the tagged fields of t by name. Embedded structs without a
// name lie flat in their parent.
func fieldsOf(t reflect.Type, index []int, into map[string]fieldAt) {
	for i := range t.NumField() {
		f := t.Field(i)
		here := append(slices.Clone(index), i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Type.Kind() == reflect.Struct && name == "" && (f.Anonymous || options == "inline"):
			fieldsOf(f.Type, here, into)
		case name != "":
			into[name] = fieldAt{index: here, field: tagged(f.Tag)}
		}
	}
}

func tagged(tag reflect.StructTag) field {
	return field{oneof: strings.Fields(tag.Get("oneof")), positive: tag.Get("positive") == "true"}
}

func (d *decoder) decodeMap(n Node, out reflect.Value, f field) {
	if out.Type().Key().Kind() != reflect.String {
		d.fault(n, "a %s cannot be configured", out.Type())
		return
	}
	if !d.wants(n, mapKind, "a map") {
		return
	}
	filled := reflect.MakeMap(out.Type())
	for _, child := range n.children() {
		element := reflect.New(out.Type().Elem()).Elem()
		d.decode(child.Node, element, f)
		filled.SetMapIndex(reflect.ValueOf(child.name).Convert(out.Type().Key()), element)
	}
	out.Set(filled)
}

// decodeSlice takes a list. One of strings or rates may be written as a single
// value: `to: team`.
func (d *decoder) decodeSlice(n Node, out reflect.Value, f field) {
	items := []Node{n}
	elem := out.Type().Elem()
	if !n.is(scalarKind) || elem.Kind() != reflect.String && elem != reflect.TypeFor[Rate]() {
		if !d.wants(n, listKind, "a list") {
			return
		}
		items = n.items()
	}
	list := reflect.MakeSlice(out.Type(), len(items), len(items))
	for i, item := range items {
		d.decode(item, list.Index(i), f)
	}
	out.Set(list)
}

func (d *decoder) decodeAny(n Node, out reflect.Value) {
	if out.NumMethod() > 0 {
		d.fault(n, "a %s cannot be configured", out.Type())
		return
	}
	if plain := n.plain(); plain != nil {
		out.Set(reflect.ValueOf(plain))
	}
}

func (d *decoder) decodeScalar(n Node, out reflect.Value, f field, read *reader) {
	if !d.wants(n, scalarKind, read.want) {
		return
	}
	hidden := n.expanded() || out.Type() == reflect.TypeFor[secret.Text]()
	if n.value.quoted && !n.expanded() && read.bare {
		d.fault(n, "want %s, got a string", read.want)
		return
	}
	if len(f.oneof) > 0 && !slices.Contains(f.oneof, n.value.text) {
		d.fault(n, "want %s%s", orList(f.oneof), n.got(hidden))
		return
	}
	fresh := reflect.New(out.Type()).Elem() // what does not fit leaves out as it is
	switch err := read.read(n.value.text, fresh); {
	case err == nil && f.positive && fresh.CanInt() && fresh.Int() <= 0:
		d.fault(n, "want more than 0")
	case err == nil:
		out.Set(fresh)
		n.value.open = out.Type() != reflect.TypeFor[secret.Text]() && read.want != anyText
		if d.chat != nil && out.Type() == reflect.TypeFor[plugin.ChatName]() {
			d.chat(n, out.String())
		}
	case read.want == anyText && hidden:
		d.fault(n, "what the variable holds does not fit")
	case read.tells && n.expanded():
		d.fault(n, "%w", unnamed(err))
	case read.tells:
		d.fault(n, "%w", err)
	default:
		d.fault(n, "want %s%s", read.want, n.got(hidden))
	}
}

// got shows a value that may be shown.
func (n Node) got(hidden bool) string {
	if hidden {
		return "; what ${...} gave is none"
	}
	return fmt.Sprintf(", got %q", shorten(n.value.text))
}

func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// shape names what is written, never its content.
func (n Node) shape() string {
	switch n.value.kind {
	case mapKind:
		return "a map"
	case listKind:
		return "a list"
	case scalarKind:
		switch n.plain().(type) {
		case bool:
			return "a boolean"
		case int, float64:
			return "a number"
		}
		return "a string"
	default:
		return "nothing"
	}
}

// orList joins words for a reader: "en, ja or zh".
func orList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
