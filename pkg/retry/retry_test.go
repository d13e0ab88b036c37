package retry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"postern/pkg/retry"
)

var errRefused = errors.New("the platform refused")

func TestAdviceOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want retry.Advice
	}{
		"a plain error":     {errRefused, retry.Advice{Kind: retry.Again}},
		"no error":          {nil, retry.Advice{Kind: retry.Again}},
		"not before":        {retry.After(3*time.Second, errRefused), retry.Advice{Kind: retry.Later, After: 3 * time.Second}},
		"not before now":    {retry.After(0, errRefused), retry.Advice{Kind: retry.Later}},
		"not before a past": {retry.After(-time.Hour, errRefused), retry.Advice{Kind: retry.Later}},
		"hopeless":          {retry.Never(errRefused), retry.Advice{Kind: retry.Hopeless}},
		"lost":              {retry.Unknown(errRefused), retry.Advice{Kind: retry.Lost}},
		"again, all of the account": {
			retry.With(errRefused, retry.Scope(retry.Account)), retry.Advice{Kind: retry.Again, Reach: retry.Account},
		},
		"not before, all of the platform": {
			retry.After(time.Minute, errRefused, retry.Scope(retry.Platform)),
			retry.Advice{Kind: retry.Later, After: time.Minute, Reach: retry.Platform},
		},
		"hopeless, but for plain text": {
			retry.Never(errRefused, retry.Degrade()), retry.Advice{Kind: retry.Hopeless, Degrade: true},
		},
		"hopeless, the chat is gone": {
			retry.Never(errRefused, retry.Broken(), retry.Scope(retry.Chat)), retry.Advice{Kind: retry.Hopeless, Broken: true},
		},
		"every option": {
			retry.Unknown(errRefused, retry.Broken(), retry.Degrade(), retry.Scope(retry.Account)),
			retry.Advice{Kind: retry.Lost, Reach: retry.Account, Degrade: true, Broken: true},
		},
		"the last scope counts": {
			retry.Never(errRefused, retry.Scope(retry.Platform), retry.Scope(retry.Account)),
			retry.Advice{Kind: retry.Hopeless, Reach: retry.Account},
		},
		"wrapped by the caller": {
			fmt.Errorf("send to team: %w", retry.Never(errRefused)), retry.Advice{Kind: retry.Hopeless},
		},
		"joined with another": {
			errors.Join(io.EOF, retry.Unknown(errRefused)), retry.Advice{Kind: retry.Lost},
		},
		"the outermost counts": {
			retry.Never(fmt.Errorf("give up: %w", retry.After(time.Hour, errRefused, retry.Scope(retry.Platform)))),
			retry.Advice{Kind: retry.Hopeless},
		},
		"the outermost counts, even if it says again": {
			retry.With(retry.Never(errRefused, retry.Broken())), retry.Advice{Kind: retry.Again},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := retry.AdviceOn(c.err); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// marks are the four ways to mark an error.
func marks() map[string]func(error) error {
	return map[string]func(error) error{
		"After":   func(err error) error { return retry.After(time.Second, err) },
		"Never":   func(err error) error { return retry.Never(err) },
		"Unknown": func(err error) error { return retry.Unknown(err) },
		"With":    func(err error) error { return retry.With(err, retry.Degrade()) },
	}
}

func TestMarksKeepTheError(t *testing.T) {
	t.Parallel()
	for name, mark := range marks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cause := fmt.Errorf("post message: %w", context.DeadlineExceeded)
			marked := mark(cause)
			if got, want := marked.Error(), cause.Error(); got != want {
				t.Errorf("got text %q, want %q", got, want)
			}
			if !errors.Is(marked, context.DeadlineExceeded) || !errors.Is(marked, cause) {
				t.Errorf("got an error that is not its cause %v", cause)
			}
			if got := errors.Unwrap(marked); got != cause { //nolint:errorlint // the very error is wanted
				t.Errorf("unwrapped: got %v, want %v", got, cause)
			}
		})
	}
}

func TestNoErrorStaysNone(t *testing.T) {
	t.Parallel()
	for name, mark := range marks() {
		if err := mark(nil); err != nil {
			t.Errorf("%s(nil): got %v, want nil", name, err)
		}
	}
}
