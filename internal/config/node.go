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
	path         string // "plugins.acme.repos.webhooks./github"
	line, column int
	value        *value   // nil: a place where nothing is written
	elsewhere    []string // keys that belong here but to somebody else, for suggestions
}

type document struct{ name string }

// Decode fills into, a pointer, strictly: an unknown key, a wrong type, a
// value out of bounds is an error with its place, and all of them are joined.
// Fields are named by `yaml:"name"`; one that is not written keeps its value.
func (n Node) Decode(into any) error {
	out := reflect.ValueOf(into)
	if out.Kind() != reflect.Pointer || out.IsNil() {
		return fmt.Errorf("decoding settings: want a pointer, got %T", into)
	}
	d := decoder{faults: &faults{}}
	d.decode(n, out.Elem(), field{})
	return Join(d.faults.list...)
}

// Errorf is an error at this place, worded as fmt.Errorf does.
func (n Node) Errorf(format string, args ...any) error {
	return n.place(fmt.Errorf(format, args...))
}

// Wrap gives err this place, unless it already has one (Decode's have).
func (n Node) Wrap(err error) error {
	var f *fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	return n.place(err)
}

func (n Node) place(err error) error {
	if n.file == nil {
		return err
	}
	return &fault{file: n.file.name, line: n.line, column: n.column, path: n.path, what: err}
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
	return Node{file: n.file, path: join(n.path, name), line: n.line, column: n.column}
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
func (n Node) Path() string { return n.path }

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
		key := Node{file: n.file, path: join(n.path, e.key), line: e.line, column: e.column}
		child := key
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
			file: n.file, path: fmt.Sprintf("%s[%d]", n.path, i),
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

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
