package app

import (
	"context"
	"errors"

	"postern/internal/embedded"
)

// Run is Serve of both halves on an embedded store, where the config names
// one. demo allows memory where no server program is installed; otherwise
// embedded.ErrNoServer is the error.
func (a *App) Run(ctx context.Context, demo bool) error {
	spec, ours, err := embedded.Parse(a.Config.Redis.URL.Reveal())
	if err != nil {
		return err
	}
	if !ours {
		return a.Serve(ctx, Part{Receiver: true, Worker: true})
	}
	held, err := embedded.Start(context.WithoutCancel(ctx), spec, a.Log)
	if errors.Is(err, embedded.ErrNoServer) && demo {
		held, err = embedded.Start(context.WithoutCancel(ctx), embedded.Spec{}, a.Log)
	}
	if err != nil {
		return err
	}
	a.Config.Redis.URL = held.URL()
	a.Memory, a.Full = !held.Durable(), held.Full
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-held.Done():
			cancel(held.Err())
		case <-ctx.Done():
		}
	}()
	err = a.Serve(ctx, Part{Receiver: true, Worker: true})
	return errors.Join(err, held.Close())
}
