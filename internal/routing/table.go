package routing

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ErrNotFound is a plugin or an endpoint that is unknown or disabled.
var ErrNotFound = errors.New("no such endpoint")

// DisabledError is ErrNotFound to callers; the operator may know which endpoint
// it would have been.
type DisabledError struct{ Endpoint *Endpoint }

// Error names the endpoint.
func (e *DisabledError) Error() string {
	return "the endpoint " + e.Endpoint.Path + " of " + e.Endpoint.Plugin + " is disabled"
}

// Unwrap gives ErrNotFound.
func (*DisabledError) Unwrap() error { return ErrNotFound }

// MethodError is a known endpoint that is not called in this way.
type MethodError struct {
	Allow    []string // the methods it takes
	Endpoint *Endpoint
}

// Error says which methods would do.
func (e *MethodError) Error() string {
	return "method not allowed, only " + strings.Join(e.Allow, ", ")
}

// Table finds the endpoint of a URL. It does not change once it is made, so it
// is safe for concurrent use.
type Table struct {
	plugins map[string]*segment
	all     []*Endpoint
	words   map[string]bool // the literal segments of all endpoints
	secrets bool            // a token may stand in a path
}

// segment is one step of a path: what may follow, and the endpoint whose path
// ends here.
type segment struct {
	literals map[string]*segment // by their text and by their escaped text
	param    *segment
	endpoint *Endpoint
}

// NewTable makes a Table of endpoints. A path that is no pattern is an error,
// and so are two endpoints that the same URLs would call.
func NewTable(endpoints ...*Endpoint) (*Table, error) {
	t := &Table{plugins: map[string]*segment{}, words: map[string]bool{"": true}}
	var errs []error
	for _, e := range endpoints {
		errs = append(errs, t.add(e))
	}
	t.sort()
	return t, errors.Join(errs...)
}

func (t *Table) sort() {
	slices.SortFunc(t.all, func(a, b *Endpoint) int {
		return cmp.Or(cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Path, b.Path))
	})
}

func (t *Table) add(e *Endpoint) error {
	if err := checkPattern(e.Path); err != nil {
		return fmt.Errorf("endpoint %q of %s: %w", e.Path, e.Plugin, err)
	}
	at := t.plugins[e.Plugin]
	if at == nil {
		at = &segment{}
		t.plugins[e.Plugin] = at
	}
	for s := range strings.SplitSeq(e.Path[1:], "/") {
		if _, isParam := paramName(s); !isParam {
			t.words[s] = true
		}
		at = at.child(s)
	}
	if at.endpoint != nil {
		return fmt.Errorf("endpoint %q of %s: %q is called by the same URLs", e.Path, e.Plugin, at.endpoint.Path)
	}
	at.endpoint = e
	t.all = append(t.all, e)
	t.secrets = t.secrets || len(e.secretParams()) > 0
	return nil
}

// Shown gives a path that no endpoint takes, as escaped on the wire, in the way
// it may be written down. Where tokens stand in paths it may hold one, a slash
// or a letter beside the right place: then it is masked but for known words.
func (t *Table) Shown(escapedPath string) string {
	if !t.secrets {
		return escapedPath
	}
	segments := strings.Split(escapedPath, "/")
	for i, s := range segments {
		if !t.words[s] {
			segments[i] = masked
		}
	}
	return strings.Join(segments, "/")
}

// child gives the step behind a segment of a pattern, made where it is new.
func (s *segment) child(pattern string) *segment {
	if _, ok := paramName(pattern); ok {
		if s.param == nil {
			s.param = &segment{}
		}
		return s.param
	}
	if s.literals == nil {
		s.literals = map[string]*segment{}
	}
	next := &segment{}
	spellings := spellings(pattern)
	for _, k := range spellings {
		if known := s.literals[k]; known != nil {
			next = known
		}
	}
	for _, k := range spellings {
		s.literals[k] = next
	}
	return next
}

// spellings are the ways in which a literal may stand on the wire: as it was
// mounted, as it is, and escaped.
func spellings(literal string) []string {
	plain, err := url.PathUnescape(literal)
	if err != nil {
		plain = literal
	}
	return []string{literal, plain, url.PathEscape(plain)}
}

// Find gives the endpoint that a URL calls and its path parameters, unescaped.
// The path is matched as it is escaped on the wire: a literal segment beats a
// parameter, a trailing slash counts, and a path with a dot segment or an
// escaped slash is never found. The error is ErrNotFound, a *DisabledError or
// a *MethodError.
func (t *Table) Find(pluginKey, escapedPath, method string) (*Endpoint, map[string]string, error) {
	root := t.plugins[pluginKey]
	if root == nil || !strings.HasPrefix(escapedPath, "/") {
		return nil, nil, ErrNotFound
	}
	wire := strings.Split(escapedPath[1:], "/")
	values := make([]string, len(wire))
	for i, s := range wire {
		v, err := url.PathUnescape(s)
		if err != nil || v == "." || v == ".." || strings.Contains(v, "/") {
			return nil, nil, ErrNotFound
		}
		values[i] = v
	}
	e := root.find(wire)
	switch {
	case e == nil:
		return nil, nil, ErrNotFound
	case e.Disabled:
		return nil, nil, &DisabledError{Endpoint: e}
	}
	if len(e.Methods) > 0 && !slices.Contains(e.Methods, method) {
		return nil, nil, &MethodError{Allow: e.Methods, Endpoint: e}
	}
	return e, params(e.Path, values), nil
}

// find goes down the literal first and comes back for the parameter: with
// /a/{x}/c and /a/b/d both mounted, /a/b/c is the former.
func (s *segment) find(wire []string) *Endpoint {
	if len(wire) == 0 {
		return s.endpoint
	}
	if next := s.literals[wire[0]]; next != nil {
		if e := next.find(wire[1:]); e != nil {
			return e
		}
	}
	if s.param == nil || wire[0] == "" {
		return nil
	}
	return s.param.find(wire[1:])
}

func params(pattern string, values []string) map[string]string {
	found := map[string]string{}
	for i, s := range strings.Split(pattern[1:], "/") {
		if name, ok := paramName(s); ok {
			found[name] = values[i]
		}
	}
	return found
}

// All gives every endpoint, disabled ones too, by plugin and path.
func (t *Table) All() []*Endpoint { return slices.Clone(t.all) }

// ByID gives the endpoint that was mounted under a path, even a disabled one:
// what was accepted for it is still worked on.
func (t *Table) ByID(plugin, path string) (*Endpoint, bool) {
	i := slices.IndexFunc(t.all, func(e *Endpoint) bool { return e.Plugin == plugin && e.Path == path })
	if i < 0 {
		return nil, false
	}
	return t.all[i], true
}

// checkPattern says why a path cannot be mounted.
func checkPattern(path string) error {
	if !strings.HasPrefix(path, "/") {
		return errors.New("an endpoint begins with a slash")
	}
	seen := map[string]bool{}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		if s == "" && i < len(segments)-1 {
			return errors.New("a segment is empty")
		}
		name, isParam := paramName(s)
		switch {
		case isParam && seen[name]:
			return fmt.Errorf("the parameter %q is there twice", name)
		case isParam:
			seen[name] = true
		case !literal(s):
			return fmt.Errorf("the segment %q is neither a literal nor a {parameter}", s)
		}
	}
	return nil
}

// literal reports whether a request could ever be this segment and nothing
// else: no dots alone, no slash however written, nothing that ends a path.
func literal(s string) bool {
	plain, err := url.PathUnescape(s)
	unfit := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`?#{}\`, r) }
	return err == nil && plain != "." && plain != ".." && !strings.Contains(plain, "/") && !strings.ContainsFunc(s, unfit)
}

// paramName gives the name within "{name}".
func paramName(s string) (string, bool) {
	inner, opened := strings.CutPrefix(s, "{")
	name, closed := strings.CutSuffix(inner, "}")
	if !opened || !closed || name == "" {
		return "", false
	}
	word := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return name, !strings.ContainsFunc(name, func(r rune) bool { return !word(r) })
}
