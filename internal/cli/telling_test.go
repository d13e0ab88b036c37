package cli_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/cli"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// speaker takes what its answers let it, each after the other, and then all. A text
// is four parts, in plain text two.
type speaker struct {
	began   time.Time
	answers []error
	rest    time.Duration
	heard   []uttered
}

type uttered struct {
	at    time.Duration
	part  int
	plain bool
}

func (s *speaker) Send(_ context.Context, d chat.Delivery) (chat.Receipt, error) {
	s.heard = append(s.heard, uttered{time.Since(s.began), d.Part, d.Plain})
	if n := len(s.heard) - 1; n < len(s.answers) && s.answers[n] != nil {
		return chat.Receipt{}, s.answers[n]
	}
	return chat.Receipt{Rest: s.rest}, nil
}

func (*speaker) Capabilities() chat.Capabilities { return chat.Capabilities{} }

func (*speaker) Parts(d chat.Delivery) int {
	if d.Plain {
		return 2
	}
	return 4
}

func TestNotifySpeaksAsThePlatformWantsIt(t *testing.T) {
	t.Parallel()
	const s = time.Second
	perSecond := chat.Limits{Chat: []chat.Rate{{Count: 1, Per: s}}}
	later := func(d time.Duration) error { return retry.After(d, errors.New("slow down")) }
	never := retry.Never(errors.New("no"))
	degrade := retry.Never(errors.New("what is this"), retry.Degrade())
	cases := map[string]struct {
		limits  chat.Limits
		rest    time.Duration
		answers []error
		heard   []uttered
		said    int
		parts   int
		fails   bool
	}{
		"at its pace": {
			limits: perSecond, heard: []uttered{{0, 0, false}, {s, 1, false}, {2 * s, 2, false}, {3 * s, 3, false}}, said: 4, parts: 4,
		},
		"at the account's": {
			limits: chat.Limits{Account: []chat.Rate{{Count: 2, Per: 8 * s}}},
			heard:  []uttered{{0, 0, false}, {0, 1, false}, {8 * s, 2, false}, {8 * s, 3, false}}, said: 4, parts: 4,
		},
		"as fast as may be": {heard: []uttered{{0, 0, false}, {0, 1, false}, {0, 2, false}, {0, 3, false}}, said: 4, parts: 4},
		"with a rest": {
			rest: 2 * s, heard: []uttered{{0, 0, false}, {2 * s, 1, false}, {4 * s, 2, false}, {6 * s, 3, false}}, said: 4, parts: 4,
		},
		"later, once": {
			answers: []error{nil, later(5 * s)},
			heard:   []uttered{{0, 0, false}, {0, 1, false}, {5 * s, 1, false}, {5 * s, 2, false}, {5 * s, 3, false}}, said: 4, parts: 4,
		},
		"not later twice": {
			answers: []error{nil, later(5 * s), later(5 * s)},
			heard:   []uttered{{0, 0, false}, {0, 1, false}, {5 * s, 1, false}}, said: 1, parts: 4, fails: true,
		},
		"too late": {answers: []error{later(time.Minute)}, heard: []uttered{{0, 0, false}}, parts: 4, fails: true},
		"in plain text, once": {
			limits: perSecond, answers: []error{nil, degrade},
			heard: []uttered{{0, 0, false}, {s, 1, false}, {2 * s, 0, true}, {3 * s, 1, true}}, said: 2, parts: 2,
		},
		"not even that": {
			answers: []error{degrade, degrade}, heard: []uttered{{0, 0, false}, {0, 0, true}}, parts: 2, fails: true,
		},
		"refused half-way": {
			answers: []error{nil, nil, never}, heard: []uttered{{0, 0, false}, {0, 1, false}, {0, 2, false}}, said: 2, parts: 4, fails: true,
		},
		"slower than there is time": {
			limits: chat.Limits{Chat: []chat.Rate{{Count: 1, Per: time.Hour}}}, heard: []uttered{{0, 0, false}}, said: 1, parts: 4, fails: true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender := &speaker{began: time.Now(), answers: c.answers, rest: c.rest}
				said, parts, err := cli.Tell(t.Context(), routing.Chat{Sender: sender, Limits: c.limits}, "hello")
				if !slices.Equal(sender.heard, c.heard) {
					t.Errorf("heard %+v, want %+v", sender.heard, c.heard)
				}
				if said != c.said || parts != c.parts || (err != nil) != c.fails {
					t.Errorf("%d of %d parts were said, %v, want %d of %d", said, parts, err, c.said, c.parts)
				}
			})
		})
	}
}
