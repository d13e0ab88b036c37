package embedded

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// SuperviseTheDying runs the supervision over children that each live for
// the given time and tells how many were started anew.
func SuperviseTheDying(ctx context.Context, life time.Duration) (restarts int, err error) {
	dying := func() *child {
		c := &child{born: time.Now(), exited: make(chan struct{}), err: errors.New("disk full")}
		time.AfterFunc(life, func() { close(c.exited) })
		return c
	}
	again := func() *child { restarts++; return dying() }
	err = supervise(ctx, dying(), again, slog.New(slog.DiscardHandler))
	return restarts, err
}
