package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// fault is an error with its place: file:line:column: path: what.
type fault struct {
	at   Node
	what error
}

func (f *fault) Error() string {
	if f.at.path == "" {
		return fmt.Sprintf("%s: %v", f.at, f.what)
	}
	return fmt.Sprintf("%s: %s: %v", f.at, f.at.path, f.what)
}

func (f *fault) Unwrap() error { return f.what }

// faults gathers what is wrong, so that all of it is told at once.
type faults struct{ list []error }

func (f *faults) add(err error) { f.list = append(f.list, err) }

// Join joins errors in the order of the file, each once; those without a place
// come last. Without any error it is nil.
func Join(errs ...error) error {
	flat := flatten(errs)
	slices.SortStableFunc(flat, func(a, b error) int {
		x, y := placeOf(a), placeOf(b)
		return cmp.Or(cmp.Compare(x.file.name, y.file.name), cmp.Compare(x.line, y.line), cmp.Compare(x.column, y.column))
	})
	said := map[string]bool{}
	return errors.Join(slices.DeleteFunc(flat, func(err error) bool {
		twice := said[err.Error()]
		said[err.Error()] = true
		return twice
	})...)
}

// flatten takes lists of errors apart, down to the faults in them: a place is
// what a line begins with, whatever somebody wrapped round it.
func flatten(errs []error) []error {
	var flat []error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if list, ok := listed(err); ok {
			flat = append(flat, flatten(list)...)
		} else if f, ok := errors.AsType[*fault](err); ok {
			flat = append(flat, f)
		} else {
			flat = append(flat, err)
		}
	}
	return flat
}

// listed gives the parts of what errors.Join made, wrapped or not. An error
// that holds several in a sentence of its own is one error.
func listed(err error) ([]error, bool) {
	var joined interface {
		error
		Unwrap() []error
	}
	if _, ok := err.(*fault); ok || !errors.As(err, &joined) { //nolint:errorlint // what a fault is of stays within it
		return nil, false
	}
	parts := joined.Unwrap()
	texts := make([]string, 0, len(parts))
	for _, p := range parts {
		texts = append(texts, p.Error())
	}
	return parts, strings.Join(texts, "\n") == joined.Error()
}

func hasPlace(err error) bool {
	_, ok := errors.AsType[*fault](err)
	return ok
}

// placeOf gives the place of err, or one behind every other.
func placeOf(err error) Node {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.at
	}
	return Node{file: &document{name: "\U0010FFFF"}}
}
