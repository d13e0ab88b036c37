package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"postern/pkg/chat"
)

// wire is a connection that counts what is done to it.
type wire struct{ broken, dropped, left atomic.Int64 }

func (w *wire) Broken() bool { return w.broken.Load() > 0 }
func (w *wire) Drop()        { w.dropped.Add(1); w.broken.Add(1) }
func (w *wire) Leave()       { w.left.Add(1); w.broken.Add(1) }

func TestKept(t *testing.T) {
	t.Parallel()
	var wires []*wire
	refuse := errors.New("away")
	k := chat.Keep(func(context.Context) (*wire, error) {
		if refuse != nil {
			return nil, refuse
		}
		wires = append(wires, &wire{})
		return wires[len(wires)-1], nil
	})
	speak := func(says error) error {
		return k.Speak(t.Context(), func(context.Context, *wire) error { return says })
	}
	if err := speak(nil); !errors.Is(err, refuse) {
		t.Errorf("while it cannot connect: %v", err)
	}
	refuse = nil
	no := fmt.Errorf("%w: no", chat.ErrAnswered)
	for range 3 {
		if err := speak(no); !errors.Is(err, chat.ErrAnswered) {
			t.Error(err)
		}
	}
	if len(wires) != 1 || wires[0].dropped.Load() != 0 {
		t.Fatalf("%d connections, want the one to be kept after answers", len(wires))
	}
	_ = speak(errors.New("torn"))
	if wires[0].dropped.Load() != 1 {
		t.Error("a torn connection was kept")
	}
	if err := speak(nil); err != nil || len(wires) != 2 {
		t.Errorf("%v, %d connections, want a second one", err, len(wires))
	}
	for range 2 {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
	if wires[1].left.Load() != 1 || speak(nil) == nil || len(wires) != 2 {
		t.Error("it was not left once, or was spoken for after that")
	}
}

func TestKeptLetsOneSpeakAtATime(t *testing.T) {
	t.Parallel()
	k := chat.Keep(func(context.Context) (*wire, error) { return &wire{}, nil })
	var speaking atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_ = k.Speak(t.Context(), func(context.Context, *wire) error {
				if n := speaking.Add(1); n != 1 {
					t.Errorf("%d speak at a time", n)
				}
				speaking.Add(-1)
				return nil
			})
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	_ = k.Speak(t.Context(), func(context.Context, *wire) error {
		cancel()
		if err := k.Speak(ctx, func(context.Context, *wire) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for its turn: %v", err)
		}
		return nil
	})
}
