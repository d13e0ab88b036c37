package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// notifyTimeout bounds the calls of "postern notify", and what it waits between them.
const notifyTimeout = 60 * time.Second

// telling is one text on its way to one chat, part after part. It knows of no worker
// that speaks to the same chat.
type telling struct {
	chat    routing.Chat
	d       chat.Delivery
	parts   int
	said    int          // how many of them, of the richer ones too
	receipt chat.Receipt // the first part's
	calls   []time.Time
	waited  bool // the platform has asked to wait, and we did
}

// send says text, all its parts: no faster than the chat's limits allow, once more in
// plain text where the platform refuses the markup, and it waits once where the
// platform asks for it.
func send(ctx context.Context, to routing.Chat, text string) (*telling, error) {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	t := &telling{chat: to, d: chat.Delivery{
		ID: uuid.NewString(), Chat: to.Name, Channel: to.Channel, Message: chat.Message{Body: chat.Plain(text)}, AcceptedAt: time.Now(),
	}}
	t.count()
	for t.d.Part < t.parts {
		if err := rest(ctx, t.pace()); err != nil {
			return t, err
		}
		t.calls = append(t.calls, time.Now())
		receipt, err := to.Sender.Send(ctx, t.d)
		if err == nil {
			err = t.took(ctx, receipt)
		} else {
			err = t.refused(ctx, err)
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *telling) count() {
	t.parts = 1
	if s, ok := t.chat.Sender.(chat.Splitter); ok {
		t.parts = s.Parts(t.d)
	}
}

// pace is for how long the chat's limits allow no further call. Those of the account
// and the platform count our own calls only.
func (t *telling) pace() time.Duration {
	var wait time.Duration
	for _, r := range slices.Concat(t.chat.Limits.Chat, t.chat.Limits.Account, t.chat.Limits.Platform) {
		if n := len(t.calls) - r.Count; n >= 0 && r.Count > 0 {
			wait = max(wait, time.Until(t.calls[n].Add(r.Per)))
		}
	}
	return wait
}

// took goes on to the next part, once the platform wants it.
func (t *telling) took(ctx context.Context, receipt chat.Receipt) error {
	if t.d.Part == 0 {
		t.receipt = receipt
	}
	t.d.Part++
	t.said = max(t.said, t.d.Part)
	if t.d.Part == t.parts {
		return nil
	}
	return rest(ctx, receipt.Rest)
}

// refused gives the error, where another try may not help.
func (t *telling) refused(ctx context.Context, err error) error {
	advice := retry.AdviceOn(err)
	switch {
	case advice.Degrade && !t.d.Plain: // plain parts end elsewhere: all of it is said again
		t.d.Plain, t.d.Part = true, 0
		t.count()
		return nil
	case advice.Kind == retry.Later && !t.waited:
		t.waited = true
		if rest(ctx, advice.After) != nil {
			return err
		}
		return nil
	}
	return err
}

// rest waits, unless there is no time for that.
func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return fmt.Errorf("there is no time to wait for %s", d.Round(time.Millisecond))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
