package verifytest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// longestLine bounds an explanation, in bytes: it is one line for a person.
const longestLine = 300

// Mistake is a request that a sender or an operator got wrong, and what is to be
// said of it.
type Mistake struct {
	Verifier verify.Verifier
	Request  *webhook.Request
	// Says is a part of the line; empty: nothing may be claimed.
	Says string
	// Hidden must not stand in the line: secrets, as they are and as they were
	// written.
	Hidden []secret.Text
}

// RunExplain checks what a scheme says of mistakes, a subtest per mistake. It
// also checks the promises of verify.Explainer: one line, no credential of the
// request in it, the request only read, the same from several goroutines.
func RunExplain(t *testing.T, mistakes map[string]Mistake) {
	t.Helper()
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says, err := m.ask()
			switch {
			case err != nil:
				t.Error(err)
			case m.Says == "" && says != "":
				t.Errorf("got %q, want nothing claimed", says)
			case !strings.Contains(says, m.Says):
				t.Errorf("got %q, want %q in it", says, m.Says)
			}
		})
	}
}

// ask lets the verifier refuse and explain.
func (m Mistake) ask() (string, error) {
	refusal := ask(m.Verifier, m.Request)
	if refusal == nil {
		return "", errors.New("the verifier accepted it: there is nothing to explain")
	}
	e, ok := m.Verifier.(verify.Explainer)
	if !ok {
		return "", fmt.Errorf("%T explains nothing", m.Verifier)
	}
	before := clone(m.Request)
	says, err := explain(e, m.Request, refusal)
	if err == nil && !reflect.DeepEqual(before, clone(m.Request)) {
		err = errors.New("the verifier changed the request, want it to read only")
	}
	if err == nil {
		err = m.leaks(says)
	}
	return says, err
}

// leaks finds in a line what must not be there.
func (m Mistake) leaks(says string) error {
	for _, s := range secret.NonEmpty(m.Hidden) {
		if strings.Contains(says, strings.TrimSpace(s.Reveal())) {
			return errors.New("the line holds a secret")
		}
	}
	c := m.Verifier.Credentials()
	for _, name := range c.Headers {
		for _, value := range m.Request.Header.Values(name) {
			if len(value) >= shortestSecret && strings.Contains(says, value) {
				return fmt.Errorf("the line holds the request's %s", name)
			}
		}
	}
	return nil
}

// explain turns a panic into an error, and judges the line's shape.
func explain(e verify.Explainer, r *webhook.Request, refusal error) (says string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the verifier panicked as it explained: %v", p)
		}
	}()
	says = e.Explain(r, refusal)
	if len(says) > longestLine || strings.ContainsAny(says, "\r\n") {
		return says, fmt.Errorf("the explanation %q is not one short line", says)
	}
	return says, nil
}

// explained checks what a verifier says of its own refusal; one that explains
// nothing is sound.
func (s *subject) explained(v verify.Verifier, r *webhook.Request, refusal error, what string) (string, error) {
	e, ok := v.(verify.Explainer)
	if !ok {
		return "", nil
	}
	says, err := explain(e, r, refusal)
	if err != nil {
		return says, fmt.Errorf("%s: %w", what, err)
	}
	return says, s.leak(says, r, what)
}
