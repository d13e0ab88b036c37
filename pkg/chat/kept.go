package chat

import (
	"context"
	"errors"
)

// ErrAnswered is wrapped by an error that is the platform's own answer: the
// connection it came by is sound.
var ErrAnswered = errors.New("the server answered")

// Line is a connection that a Sender keeps.
type Line interface {
	// Broken reports that nothing can be said any more.
	Broken() bool
	// Drop ends it at once, and returns when nobody reads it any more.
	Drop()
	// Leave ends it with the protocol's farewell, within a few seconds.
	Leave()
}

// Kept is the one connection of an account. It is opened when there is
// something to say, and anew after it broke; one caller speaks at a time. It is
// safe for concurrent use.
type Kept[L Line] struct {
	open func(context.Context) (L, error)
	// turn is held by who speaks. It guards what follows.
	turn   chan struct{}
	line   L
	opened bool
	closed bool
}

// Keep makes a Kept that connects with open. It connects to nobody yet.
func Keep[L Line](open func(context.Context) (L, error)) *Kept[L] {
	return &Kept[L]{open: open, turn: make(chan struct{}, 1)}
}

// Speak waits for its turn, no longer than ctx lasts, and lets do speak. After an
// error that is no answer (see ErrAnswered) the connection is given up: an
// answer may still be owed there, and would be taken for another's.
func (k *Kept[L]) Speak(ctx context.Context, do func(context.Context, L) error) error {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return Broke(ctx, "not sent", ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return Broke(ctx, "not sent", err)
	}
	if k.closed {
		return errors.New("not sent: the account is closed")
	}
	if !k.opened || k.line.Broken() {
		line, err := k.open(ctx)
		if err != nil {
			return err
		}
		k.line, k.opened = line, true
	}
	err := do(ctx, k.line)
	if err != nil && !errors.Is(err, ErrAnswered) {
		k.line.Drop()
	}
	return err
}

// Close takes leave once its turn has come. Who speaks later gets an error.
func (k *Kept[L]) Close() error {
	k.turn <- struct{}{}
	defer func() { <-k.turn }()
	if k.opened && !k.closed {
		k.line.Leave()
	}
	k.closed = true
	return nil
}
