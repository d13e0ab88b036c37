package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"postern/internal/routing"
	"postern/pkg/chat"
)

const (
	askTimeout  = 15 * time.Second // of one platform
	askedAtOnce = 8
)

// What came of asking.
const (
	worksThere = "ok"
	failsThere = "failed"
	unasked    = "untried" // only a message would tell
)

// asked is what one platform said of one set of credentials.
type asked struct {
	Name  string `json:"name"` // of the account, or of the inline chat
	Type  string `json:"type"`
	State string `json:"state"` // ok, failed, untried
	Who   string `json:"who"`   // whom the platform takes us for
	Error string `json:"error"` // the platform's words
	Try   string `json:"try"`   // what would tell
}

// askAll asks all platforms, some at a time, and gives the answers in the order of the
// accounts.
func (p *Program) askAll(ctx context.Context, accounts []routing.Account) []asked {
	answers := make([]asked, len(accounts))
	places := make(chan struct{}, askedAtOnce)
	var all sync.WaitGroup
	for i, a := range accounts {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			answers[i] = p.askOne(ctx, a)
		})
	}
	all.Wait()
	return answers
}

func (p *Program) askOne(ctx context.Context, a routing.Account) asked {
	said := asked{Name: a.Name, Type: a.Type, State: worksThere}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	who, err := probe(ctx, a.Sender)
	switch {
	case errors.Is(err, chat.ErrNoProbe):
		said.State = unasked
		said.Try = fmt.Sprintf("%s notify %s hello", p.Name, cmp.Or(a.Chat, a.Name+"-CHANNEL"))
	case err != nil:
		said.State, said.Error = failsThere, line(err.Error())
	default:
		said.Who = line(who)
	}
	return said
}

// probe asks where the Sender can; a panic in it is its error.
func probe(ctx context.Context, s chat.Sender) (who string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if prober, ok := s.(chat.Prober); ok {
		return prober.Probe(ctx)
	}
	return "", chat.ErrNoProbe
}

// line makes one line of somebody else's words.
func line(words string) string { return strings.Join(strings.Fields(chat.Clean(words)), " ") }

func (p *Program) printAsked(answers []asked) {
	for _, a := range answers {
		said := a.Who + a.Error
		if a.State == unasked {
			said = chat.ErrNoProbe.Error() + ": " + a.Try
		}
		_, _ = fmt.Fprintf(p.Stdout, "%-8s %s (%s): %s\n", a.State, a.Name, a.Type, said)
	}
}

// refused is the command's error where a platform said no.
func refused(answers []asked) error {
	failed := 0
	for _, a := range answers {
		if a.State == failsThere {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d failed", failed, len(answers))
}
