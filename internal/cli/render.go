package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postern/internal/app"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// rendered is what "postern render --json" says.
type rendered struct {
	Webhook  string          `json:"webhook"`
	Source   string          `json:"source"`
	Answered string          `json:"answered"` // what a ping or handshake is answered; it makes no job
	Events   []renderedEvent `json:"events"`
	Notes    []string        `json:"notes"`
}

type renderedEvent struct {
	Type     string            `json:"type"`
	Action   string            `json:"action"`
	Title    string            `json:"title"`
	Default  bool              `json:"default"`
	Told     []renderedTelling `json:"told"`
	NotTold  []renderedUntold  `json:"not_told"`
	Warnings []string          `json:"warnings"`
}

type renderedTelling struct {
	Chat      string           `json:"chat"`
	ChatKey   string           `json:"chat_key"`
	Rule      int              `json:"rule"` // from 1, as written
	Locale    source.Locale    `json:"locale"`
	Verbosity source.Verbosity `json:"verbosity"`
	Text      string           `json:"text"`
}

type renderedUntold struct {
	Chat    string `json:"chat"`
	ChatKey string `json:"chat_key"`
	Rule    int    `json:"rule"`
	Filter  string `json:"filter"` // the key that failed first
	Why     string `json:"why"`
}

func runRender(ctx context.Context, p *Program, args []string) error {
	set := p.flags("render")
	webhookName := set.String("webhook", "", "the endpoint `PLUGIN/ENDPOINT` of the config, such as acme.repos/github")
	event := set.String("event", "", "it is the `EVENT`, a type or type.action; without FILE, the sample of it")
	headers := set.list("header", "put the `HEADER` \"Name: value\" in place of the source's; may be repeated")
	asJSON := set.Bool("json", false, "print the result as JSON")
	files, err := set.parse(args, "[FILE]")
	switch {
	case err != nil:
		return err
	case *webhookName == "":
		return set.usage("--webhook is missing")
	case *event == "":
		return set.usage("--event is missing")
	}
	s := spec{event: *event, headers: *headers}
	if len(files) == 1 {
		if s.body, err = p.payload(files[0]); err != nil {
			return set.usage("%s", err)
		}
	}
	a, err := p.openOrDemo(*set.config)
	if err != nil {
		return err
	}
	e, _, err := endpoint(a, *webhookName)
	if err != nil {
		return set.usage("%s", err)
	}
	r, err := p.requestOf(s, e)
	if err != nil {
		return set.usage("%s", err)
	}
	said, err := render(ctx, a, e, r)
	if err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(said)
	}
	return p.printRendered(said)
}

// requestOf makes the request that an endpoint would be sent.
func (p *Program) requestOf(s spec, e *routing.Endpoint) (*webhook.Request, error) {
	var err error
	if s.source, err = p.find(e.SourceName); err != nil {
		return nil, err
	}
	s.made = e.Source
	f, err := fresh()
	if err != nil {
		return nil, err
	}
	return s.request(f)
}

// render does what receiver and worker would, less verifying and sending: it
// calls nobody.
func render(ctx context.Context, a *app.App, e *routing.Endpoint, r *webhook.Request) (rendered, error) {
	said := rendered{Webhook: e.Plugin + e.Path, Source: e.SourceName, Events: []renderedEvent{}, Notes: notes(e)}
	switch answer, ok, err := answeredAtOnce(ctx, e, r); {
	case errors.Is(err, verify.ErrUnavailable):
		said.Answered = "once somebody was asked, whom this command does not call"
		return said, nil
	case err != nil:
		return said, fmt.Errorf("it would be refused: %w", err)
	case ok:
		said.Answered = fmt.Sprintf("%d %s", answer.Status, answer.Body)
		return said, nil
	}
	intake, err := e.Intake(r)
	if errors.Is(err, webhook.ErrPayload) {
		return said, fmt.Errorf("it would be refused, 400 invalid_payload: %w", err)
	}
	if err != nil {
		return said, fmt.Errorf("it would be refused: %w", err)
	}
	kept := routing.Request(intake.Request)
	events, err := e.Source.Events(kept)
	if err != nil {
		return said, fmt.Errorf("read its events: %w", err)
	}
	for _, ev := range events {
		told, untold := e.Explain(ctx, ev, routing.InputsOf(kept), a.Setup.Directory)
		said.Events = append(said.Events, renderEvent(ev, told, untold, r.ReceivedAt))
	}
	return said, nil
}

// answeredAtOnce is what the receiver answers at once.
func answeredAtOnce(ctx context.Context, e *routing.Endpoint, r *webhook.Request) (webhook.Response, bool, error) {
	if answer, ok := e.Greet(r); ok {
		return answer, true, nil
	}
	silent := *e
	silent.Keys.Fetch = nil
	return silent.Handshake(ctx, r)
}

// notes say what else is true of the endpoint.
func notes(e *routing.Endpoint) []string {
	said := []string{}
	switch {
	case e.Go != nil && e.Go.Handle != nil:
		said = append(said, "a plugin written in Go handles this endpoint: what its own code says is not shown")
	case e.Go != nil:
		said = append(said, "a plugin written in Go answers this endpoint at once: it makes no job")
	case len(e.Rules) == 0:
		said = append(said, "the endpoint has no notify rule")
	}
	if e.Disabled {
		said = append(said, "the endpoint is disabled: it is answered 404")
	}
	return said
}

func renderEvent(ev webhook.Event, told routing.Told, untold []routing.Untold, at time.Time) renderedEvent {
	said := renderedEvent{
		Type: ev.Type, Action: ev.Action, Title: ev.Title, Default: ev.Default,
		Told: []renderedTelling{}, NotTold: []renderedUntold{}, Warnings: []string{},
	}
	for _, t := range told.Tellings {
		text := chat.Preview(t.Chat.Sender, chat.Delivery{
			ID: "preview", Chat: t.Chat.Name, Channel: t.Chat.Channel, Message: t.Message, AcceptedAt: at, Event: &ev,
		})
		said.Told = append(said.Told, renderedTelling{
			Chat: t.Chat.Name, ChatKey: t.Chat.Key.String(), Rule: t.Rule, Locale: t.Locale, Verbosity: t.Verbosity, Text: text,
		})
	}
	for _, u := range untold {
		said.NotTold = append(said.NotTold, renderedUntold{
			Chat: u.Chat.Name, ChatKey: u.Chat.Key.String(), Rule: u.Rule, Filter: u.Filter, Why: u.Why,
		})
	}
	for _, w := range told.Warnings {
		said.Warnings = append(said.Warnings, w.Code+": "+w.Message)
	}
	return said
}
