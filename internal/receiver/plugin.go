package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/webhook"
)

// addition is what an Accept adds to a 202.
type addition struct {
	taskID  *string
	message string
	fields  map[string]json.RawMessage
	chats   []string
}

// respond lets a plugin answer at once.
func respond(ctx context.Context, g *plugin.Endpoint, req *webhook.Request) (answer, error) {
	response, err := g.Respond(ctx, req)
	if err != nil {
		return answer{}, notTaken(err)
	}
	return checked(answer{Response: response, outcome: "request answered"})
}

// ask lets an endpoint's Accept refuse or add, and checks the chats it names.
func (s *Server) ask(e *routing.Endpoint, req *webhook.Request) (addition, error) {
	if e.Go == nil || e.Go.Accept == nil {
		return addition{message: acceptedMessage}, nil
	}
	said, err := bounded(e.Go.Accept, req, plugin.AcceptTime)
	if err != nil {
		return addition{}, err
	}
	for _, name := range said.Chats {
		if err := s.allowed(e, name); err != nil {
			return addition{}, chatNotAllowed(err)
		}
	}
	fields, err := encoded(said.Fields)
	if err != nil {
		return addition{}, internalError(err)
	}
	if said.Message == "" {
		said.Message = acceptedMessage
	}
	return addition{taskID: said.TaskID, message: said.Message, fields: fields, chats: said.Chats}, nil
}

// errNoWord is an Accept whose goroutine ended without a panic and without an
// answer (runtime.Goexit): it is no yes.
var errNoWord = errors.New("accept ended without an answer")

// bounded waits for an Accept no longer than its limit. One that never ends
// cannot be stopped: its goroutine is lost, the request is not.
func bounded(accept func(*webhook.Request) (plugin.Acceptance, error), req *webhook.Request, limit time.Duration) (plugin.Acceptance, error) {
	type verdict struct {
		plugin.Acceptance
		err error
	}
	done := make(chan verdict, 1)
	go func() {
		v := verdict{err: internalError(errNoWord)}
		defer func() { done <- v }()
		defer catch(&v.err)
		if v.Acceptance, v.err = accept(req); v.err != nil {
			v.err = notTaken(v.err)
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case v := <-done:
		return v.Acceptance, v.err
	case <-timer.C:
		return plugin.Acceptance{}, acceptTimeout(limit)
	}
}

// allowed returns why a chat that a caller named may not be told. Names are
// compared after aliases are resolved, and exactly.
func (s *Server) allowed(e *routing.Endpoint, name string) error {
	key, err := s.opt.Chats.Key(name)
	if err != nil {
		return fmt.Errorf("chat %.200q: %w", name, err)
	}
	if slices.ContainsFunc(e.AllowChats, func(allowed string) bool {
		k, err := s.opt.Chats.Key(allowed)
		return err == nil && k == key
	}) {
		return nil
	}
	return fmt.Errorf("chat %.200q is not in allow_chats", name)
}
