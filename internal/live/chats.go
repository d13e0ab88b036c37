package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/config"
	"postern/internal/job"
	"postern/internal/routing"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// Boxes are the chats' mailboxes, as an operator sees them. Safe for concurrent
// use.
type Boxes interface {
	// Boxes names the chats of a lane that messages wait for.
	Boxes(ctx context.Context, lane string) ([]string, error)
	// BoxStates says what waits in boxes, in their order.
	BoxStates(ctx context.Context, boxes []job.Box) ([]job.BoxState, error)
	// WakeBox lets a box be spoken from at once; the ticket in its answer is to
	// be enqueued.
	WakeBox(ctx context.Context, b job.Box) (job.Hand, error)
}

// Governor pauses chats and mends them. Safe for concurrent use.
type Governor interface {
	Pause(ctx context.Context, l job.Line) error
	Resume(ctx context.Context, l job.Line) error
	// Mend is Resume of a chat that stays paused if it is.
	Mend(ctx context.Context, l job.Line) error
	// States says how lines stand, in their order.
	States(ctx context.Context, lines []job.Line) ([]job.LineState, error)
	// Marked names the chats of a lane that are paused or broken.
	Marked(ctx context.Context, lane string) ([]string, error)
}

// Turns is the queue, as far as chats need it. Safe for concurrent use.
type Turns interface {
	AddTurn(ctx context.Context, t job.Ticket) error
	// Lanes names the platforms that have a queue, those that this config does
	// not know too.
	Lanes(ctx context.Context) ([]string, error)
}

// Chats shows chats, pauses and resumes them. It is safe for concurrent use.
type Chats struct {
	Directory *routing.Directory
	Boxes     Boxes
	Governor  Governor
	Turns     Turns
}

// Chats gives the chats that have an alias, by alias, and then every other that
// messages wait for or that is paused or broken, by chat key.
func (c *Chats) Chats(ctx context.Context) ([]job.ChatState, error) {
	all := c.Directory.All()
	named := map[string]bool{}
	for _, one := range all {
		named[one.Key.String()] = true
	}
	rows := make([]row, 0, len(all))
	for _, one := range all {
		rows = append(rows, known(one))
	}
	lanes, err := c.Turns.Lanes(ctx)
	if err != nil {
		return nil, err
	}
	for _, lane := range lanes {
		keys, err := c.busy(ctx, lane)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if !named[key] {
				rows = append(rows, c.row(lane, key))
			}
		}
	}
	return c.show(ctx, rows)
}

// busy names the chats of a lane that there is something to say of.
func (c *Chats) busy(ctx context.Context, lane string) ([]string, error) {
	keys, err := c.Boxes.Boxes(ctx, lane)
	if err != nil {
		return nil, err
	}
	marked, err := c.Governor.Marked(ctx, lane)
	if err != nil {
		return nil, err
	}
	keys = append(slices.Clone(keys), marked...)
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// Pause keeps a chat, named by alias or chat key, from being spoken to until
// Resume: job.ErrNoSuch. Its messages wait, no longer than they would for a chat
// that is down.
func (c *Chats) Pause(ctx context.Context, name string) (job.ChatState, error) {
	found, err := c.find(name)
	if err != nil {
		return job.ChatState{}, err
	}
	if err := c.Governor.Pause(ctx, worker.LineOf(found)); err != nil {
		return job.ChatState{}, err
	}
	return c.one(ctx, found)
}

// Resume lets a chat be spoken to again, and mends it and its account where they
// are broken: job.ErrNoSuch.
func (c *Chats) Resume(ctx context.Context, name string) (job.ChatState, error) {
	found, err := c.find(name)
	if err != nil {
		return job.ChatState{}, err
	}
	if err := c.open(ctx, found, c.Governor.Resume); err != nil {
		return job.ChatState{}, err
	}
	return c.one(ctx, found)
}

// Mend lets what is broken of a chat be tried again; a pause stays.
func (c *Chats) Mend(ctx context.Context, found routing.Chat) error {
	return c.open(ctx, found, c.Governor.Mend)
}

func (c *Chats) open(ctx context.Context, found routing.Chat, how func(context.Context, job.Line) error) error {
	line := worker.LineOf(found)
	before, err := c.Governor.States(ctx, []job.Line{line})
	if err != nil {
		return err
	}
	if err := how(ctx, line); err != nil {
		return err
	}
	if err := c.wake(ctx, found); err != nil {
		return err
	}
	if before[0].Broken == "" || before[0].Reach == retry.Chat {
		return nil
	}
	return c.wakeOthers(ctx, found, before[0].Reach)
}

// wakeOthers wakes the chats that were held by what was broken of one.
func (c *Chats) wakeOthers(ctx context.Context, mended routing.Chat, reach retry.Reach) error {
	keys, err := c.Boxes.Boxes(ctx, mended.Lane)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range keys {
		other, ok := c.Directory.ByKey(key)
		if !ok || other.Key == mended.Key || reach == retry.Account && other.Account != mended.Account {
			continue
		}
		errs = append(errs, c.wake(ctx, other))
	}
	return errors.Join(errs...)
}

func (c *Chats) wake(ctx context.Context, found routing.Chat) error {
	hand, err := c.Boxes.WakeBox(ctx, worker.BoxOf(found))
	if err != nil || hand.Ticket == nil {
		return err
	}
	return c.Turns.AddTurn(ctx, *hand.Ticket)
}

func (c *Chats) find(name string) (routing.Chat, error) {
	found, err := c.Directory.Resolve(name)
	if err != nil {
		return routing.Chat{}, fmt.Errorf("%w: %w", job.ErrNoSuch, err)
	}
	return found, nil
}

func (c *Chats) one(ctx context.Context, found routing.Chat) (job.ChatState, error) {
	shown, err := c.show(ctx, []row{known(found)})
	if err != nil {
		return job.ChatState{}, err
	}
	return shown[0], nil
}

// row is a chat that is to be shown: what the config says of it, and where the
// rest is found.
type row struct {
	state job.ChatState
	box   job.Box
	line  job.Line
}

func known(c routing.Chat) row {
	return row{
		state: job.ChatState{
			Chat: c.Name, ChatKey: c.Key.String(), Type: c.Lane, Known: true, Account: c.Account,
			Ordering: string(c.Ordering),
			Limits:   job.LineLimits{Chat: rates(c.Limits.Chat), Account: rates(c.Limits.Account), Platform: rates(c.Limits.Platform)},
		},
		box: worker.BoxOf(c), line: worker.LineOf(c),
	}
}

// row makes one of a chat key that may be of another worker's config.
func (c *Chats) row(lane, key string) row {
	if found, ok := c.Directory.ByKey(key); ok && found.Lane == lane {
		return known(found)
	}
	return row{
		state: job.ChatState{Chat: key, ChatKey: key, Type: lane, Limits: job.LineLimits{Chat: rates(nil), Account: rates(nil), Platform: rates(nil)}},
		box:   job.Box{Lane: lane, Chat: key, Turns: 1}, line: job.Line{Lane: lane, Chat: key},
	}
}

func rates(of []chat.Rate) []string {
	written := make([]string, len(of))
	for i, r := range of {
		written[i] = config.Rate(r).String()
	}
	return written
}

// stateBatch is how many lines are asked for in one go.
const stateBatch = 500

func (c *Chats) show(ctx context.Context, rows []row) ([]job.ChatState, error) {
	shown := make([]job.ChatState, 0, len(rows))
	for some := range slices.Chunk(rows, stateBatch) {
		boxes, lines := make([]job.Box, len(some)), make([]job.Line, len(some))
		for i, r := range some {
			boxes[i], lines[i] = r.box, r.line
		}
		waiting, err := c.Boxes.BoxStates(ctx, boxes)
		if err != nil {
			return nil, err
		}
		standing, err := c.Governor.States(ctx, lines)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for i, r := range some {
			shown = append(shown, r.with(waiting[i], standing[i], now))
		}
	}
	return shown, nil
}

func (r row) with(b job.BoxState, l job.LineState, now time.Time) job.ChatState {
	s := r.state
	s.Waiting, s.OldestAt = b.Waiting, job.AtPtr(b.Oldest)
	if !b.Oldest.IsZero() {
		s.OldestAgeMS = max(now.Sub(b.Oldest).Milliseconds(), 0)
	}
	s.Paused, s.Failures, s.HeldUntil = l.Paused, l.Failures, job.AtPtr(l.HeldTill)
	if l.Broken != "" || !l.BrokenAt.IsZero() {
		s.Broken = &job.Broken{Why: l.Broken, Since: job.At(l.BrokenAt), Scope: l.Reach.String()}
	}
	return s
}
