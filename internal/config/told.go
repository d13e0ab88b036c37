package config

import (
	"errors"
	"slices"
)

// A config whose file has faults is still built as far as it goes, so that
// what only building finds is told in the same run. What follows from a fault
// that is told already must not be told as well.

// Untold is Join of those errors that no fault of the file explains: one at
// the place of an error, above it, or within it. Without any it is nil.
func Untold(errs ...error) error {
	return Join(slices.DeleteFunc(flatten(errs), func(err error) bool {
		f, ok := errors.AsType[*fault](err)
		return ok && f.at.Told()
	})...)
}

// Told reports whether the file has a fault here, within, or at a place that
// this one lies in: what is written here is then not what it was meant to be.
// Keys that Without took away do not count.
func (n Node) Told() bool {
	return n.file != nil && slices.ContainsFunc(n.file.told, n.explainedBy)
}

func (n Node) explainedBy(told Node) bool {
	if n.path == told.path {
		return true
	}
	if _, under := n.path.below(told.path); under {
		return !told.itself
	}
	step, within := told.path.below(n.path)
	return within && !n.itself && !slices.Contains(n.elsewhere, step)
}

// tell keeps the places of what is wrong with the file.
func (d *document) tell(list []error) {
	for _, err := range list {
		if f, ok := errors.AsType[*fault](err); ok {
			d.told = append(d.told, f.at)
		}
	}
}

// Complete reports whether a section ("chats") was read as it is written: a
// name that it lacks then is a name that nobody wrote. It is not where the
// section itself has a fault, or where its own name seems to be misspelt.
func (c *Config) Complete(section string) bool {
	n := c.At(section)
	if n.file == nil { // no file was read
		return true
	}
	misspelt := func(told Node) bool {
		return told.itself && n.IsZero() && isNear(told.path.String(), section)
	}
	whole := func(told Node) bool { return !told.itself && (told.path == n.path || told.path == "") }
	return !slices.ContainsFunc(n.file.told, func(told Node) bool { return misspelt(told) || whole(told) })
}
