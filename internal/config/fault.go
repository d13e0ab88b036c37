package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// fault is an error with its place: file:line:column: path: what.
type fault struct {
	file         string
	line, column int
	path         string
	what         error
}

func (f *fault) Error() string {
	if f.path == "" {
		return fmt.Sprintf("%s:%d:%d: %v", f.file, f.line, f.column, f.what)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %v", f.file, f.line, f.column, f.path, f.what)
}

func (f *fault) Unwrap() error { return f.what }

// faults gathers what is wrong, so that all of it is told at once.
type faults struct{ list []error }

func (f *faults) add(err error) { f.list = append(f.list, err) }

// Join joins errors in the order of the file; those without a place come
// last. Without any error it is nil.
func Join(errs ...error) error {
	flat := flatten(errs)
	slices.SortStableFunc(flat, func(a, b error) int {
		x, y := placeOf(a), placeOf(b)
		return cmp.Or(cmp.Compare(x.file, y.file), cmp.Compare(x.line, y.line), cmp.Compare(x.column, y.column))
	})
	return errors.Join(flat...)
}

func flatten(errs []error) []error {
	var flat []error
	for _, err := range errs {
		var joined interface{ Unwrap() []error }
		switch {
		case err == nil:
		case placed(err):
			flat = append(flat, err)
		case errors.As(err, &joined):
			flat = append(flat, flatten(joined.Unwrap())...)
		default:
			flat = append(flat, err)
		}
	}
	return flat
}

// placed reports whether err itself is a fault, and not a list of them.
func placed(err error) bool {
	_, ok := err.(*fault) //nolint:errorlint // a list of faults must be told from one
	return ok
}

// placeOf gives the place of err, or one behind every other.
func placeOf(err error) fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return *f
	}
	return fault{file: "\U0010FFFF"}
}
