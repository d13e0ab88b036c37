package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Node is a place in the file: it decodes itself into somebody's own settings
// and words errors that name the place. The zero Node is nowhere: it decodes
// nothing.
type Node struct {
	file         *document
	path         path
	line, column int
	value        *value   // nil: a place where nothing is written
	elsewhere    []string // keys that belong here but to somebody else
	itself       bool     // the place without what lies in it
}

// document is the file, and what is wrong with it once it is read.
type document struct {
	name string
	told []Node
}

// Decode fills into, a pointer, strictly: an unknown key, a wrong type, a
// value out of bounds is an error with its place, and all of them are joined.
// Fields are named by `yaml:"name"`; one that is not written keeps its value.
func (n Node) Decode(into any) error { return n.DecodeNaming(into, nil) }

// DecodeNaming is Decode, and calls chat with every plugin.ChatName that is
// written and with its place.
func (n Node) DecodeNaming(into any, chat func(at Node, name string)) error {
	out := reflect.ValueOf(into)
	if out.Kind() != reflect.Pointer || out.IsNil() {
		return fmt.Errorf("decoding settings: want a pointer, got %T", into)
	}
	d := decoder{faults: &faults{}, chat: chat}
	d.decode(n, out.Elem(), field{})
	return Join(d.faults.list...)
}

// Errorf is an error at this place, worded as fmt.Errorf does.
func (n Node) Errorf(format string, args ...any) error {
	return n.place(fmt.Errorf(format, args...))
}

// Wrap gives err this place, unless it already has one (Decode's have). Each
// of several errors that are joined is an error of its own.
func (n Node) Wrap(err error) error {
	flat := flatten([]error{err})
	for i, e := range flat {
		if !hasPlace(e) {
			flat[i] = n.place(e)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return errors.Join(flat...)
}

// Shown gives err, which quotes what is written here. Where that came out of
// the environment it may be a secret: then it gives what may be said instead.
func (n Node) Shown(err error, instead string) error {
	if err == nil || !n.expanded() {
		return err
	}
	return errors.New(instead + "; what ${...} gave is not shown")
}

func (n Node) place(err error) error {
	if n.file == nil {
		return err
	}
	return &fault{at: n, what: err}
}

// IsZero reports whether nothing is written here.
func (n Node) IsZero() bool { return n.value == nil }

// Field gives a sub-key. Where it is not written the result IsZero, and its
// errors are told at the place of n under the name of the sub-key.
func (n Node) Field(name string) Node {
	for _, child := range n.children() {
		if child.name == name {
			return child.Node
		}
	}
	return Node{file: n.file, path: n.path.key(name), line: n.line, column: n.column}
}

// Item gives the i-th item of a list; of one that is written as a single value
// it is that value.
func (n Node) Item(i int) Node {
	if items := n.items(); i < len(items) {
		return items[i]
	}
	return n
}

// Itself gives the same place less all that lies in it: an error told here is
// about the key, and a fault of something within does not explain it.
func (n Node) Itself() Node {
	n.itself = true
	return n
}

// Keys gives the sub-keys in the order of the file.
func (n Node) Keys() []string {
	if n.value == nil {
		return nil
	}
	keys := make([]string, 0, len(n.value.entries))
	for _, e := range n.value.entries {
		keys = append(keys, e.key)
	}
	return keys
}

// Without gives the same place less some of its keys.
func (n Node) Without(keys ...string) Node {
	if n.value == nil {
		return n
	}
	rest := *n.value
	rest.entries = slices.DeleteFunc(slices.Clone(rest.entries), func(e entry) bool { return slices.Contains(keys, e.key) })
	n.value = &rest
	n.elsewhere = append(slices.Clone(n.elsewhere), keys...)
	return n
}

// Path gives the keys that lead here, joined with dots.
func (n Node) Path() string { return n.path.String() }

// String gives file:line:column.
func (n Node) String() string {
	if n.file == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", n.file.name, n.line, n.column)
}

// named is a sub-key with its name.
type named struct {
	name string
	Node
	key Node // the place of the key itself
}

func (n Node) children() []named {
	if n.value == nil {
		return nil
	}
	list := make([]named, 0, len(n.value.entries))
	for _, e := range n.value.entries {
		key := Node{file: n.file, path: n.path.key(e.key), line: e.line, column: e.column, itself: true}
		child := key
		child.itself = false
		child.value = e.value
		if e.value.kind == scalarKind { // what spans lines is best found by its key
			child.line, child.column = e.value.line, e.value.column
		}
		list = append(list, named{name: e.key, Node: child, key: key})
	}
	return list
}

func (n Node) items() []Node {
	if n.value == nil {
		return nil
	}
	list := make([]Node, 0, len(n.value.items))
	for i, v := range n.value.items {
		list = append(list, Node{
			file: n.file, path: n.path.item(i),
			line: v.line, column: v.column, value: v,
		})
	}
	return list
}

func (n Node) is(k kind) bool { return n.value != nil && n.value.kind == k }

// expanded reports whether a value came out of the environment and must
// therefore not be shown.
func (n Node) expanded() bool { return n.value != nil && n.value.expanded }

// hasBroken reports whether a fault of the value or of one of its items is
// already told.
func (n Node) hasBroken() bool {
	return n.is(brokenKind) || slices.ContainsFunc(n.items(), func(item Node) bool { return item.is(brokenKind) })
}
