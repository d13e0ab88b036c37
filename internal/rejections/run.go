package rejections

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"postern/internal/job"
)

// Run explains and stores until ctx ends, then does so once more for what is
// left, within a few seconds. A flood is slow work only for itself: one write per pause,
// however many requests it is about.
func (k *Keeper) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			k.last(ctx)
			return
		case <-k.wake:
		}
		wait := max(k.opt.Pause, idle*k.explainAll(ctx))
		if err := k.store(ctx); err != nil {
			k.rouse() // Redis is away: once more, later
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// last stores what is left as the program ends.
func (k *Keeper) last(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	k.explainAll(ctx)
	if err := k.store(ctx); err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.opt.Log.LogAttrs(ctx, slog.LevelWarn, "refusals not kept", slog.Int("rows", len(k.ready)), slog.String("error", err.Error()))
	}
}

// explainAll explains what came in, and tells how long that took. The log has a
// line for each cause that was found.
func (k *Keeper) explainAll(ctx context.Context) time.Duration {
	began := time.Now()
	for {
		w := k.next()
		if w == nil {
			return time.Since(began)
		}
		says := ""
		if time.Since(began) < lookLimit {
			says = k.explainSafely(ctx, w.refusal)
		}
		found := says != "" && !strings.HasPrefix(says, fmt.Sprint(w.refusal.Cause)) // else the log has it already
		row := k.explained(w, says)
		if found && row.Known() && row.Code != job.Handshake {
			k.opt.Log.LogAttrs(ctx, slog.LevelWarn, "refusal explained",
				slog.String("plugin", row.Plugin), slog.String("endpoint", row.Endpoint), slog.String("remote_ip", row.RemoteIP),
				slog.String("code", row.Code), slog.String("cause", row.Cause), slog.Int64("count", row.Count))
		}
	}
}

// next gives a row that is not explained yet. Further requests of its kind
// still count for it until it is.
func (k *Keeper) next() *waiting {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.fresh) == 0 {
		return nil
	}
	return k.fresh[0]
}

// explained puts a row, with its cause, among those that are to be stored. Its
// request is let go.
func (k *Keeper) explained(w *waiting, says string) job.Rejection {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fresh = k.fresh[1:]
	delete(k.index, w.key)
	k.held -= w.held
	w.refusal = Refusal{}
	if says != "" {
		w.row.Cause = line(says)
	}
	w.key = w.row.Likeness()
	if like := k.index[w.key]; like != nil {
		like.row.Merge(w.row)
		k.buckets[w.row.Bucket()]--
		return w.row
	}
	k.index[w.key] = w
	k.ready = append(k.ready, w)
	return w.row
}

// store writes all rows at once. On an error they stay, and gather more.
func (k *Keeper) store(ctx context.Context) error {
	rows, dropped := k.rows()
	if dropped > 0 {
		k.opt.Log.LogAttrs(ctx, slog.LevelWarn, "refusals not kept", slog.Int64("count", dropped), slog.String("error", "too many kinds of them at once"))
	}
	if len(rows) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if err := k.opt.Store.AddRejections(ctx, rows); err != nil {
		return fmt.Errorf("keep rejections: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.ready {
		delete(k.index, w.key)
		if k.buckets[w.row.Bucket()]--; k.buckets[w.row.Bucket()] <= 0 {
			delete(k.buckets, w.row.Bucket())
		}
	}
	k.ready = nil
	return nil
}

// rows copies what is ready. Only Run changes it, so it is the same after the
// write.
func (k *Keeper) rows() (rows []job.Rejection, dropped int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.ready {
		rows = append(rows, w.row)
	}
	dropped, k.dropped = k.dropped, 0
	return rows, dropped
}
