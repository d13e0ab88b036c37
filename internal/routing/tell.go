package routing

import (
	"context"
	"fmt"
	"strings"

	"postern/internal/job"
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Inputs are what filters and templates see beside the event.
type Inputs struct {
	Payload any               // webhook.Request.Payload
	Headers map[string]string // lower-case names, first values
	Query   map[string]string // first values
}

// InputsOf takes them from a request. A body that is not what it is declared
// to be gives no payload.
func InputsOf(r *webhook.Request) Inputs {
	in := Inputs{Headers: map[string]string{}, Query: map[string]string{}}
	if payload, err := r.Payload(); err == nil {
		in.Payload = payload
	}
	for name, values := range r.Header {
		if len(values) > 0 {
			in.Headers[strings.ToLower(name)] = values[0]
		}
	}
	for name, values := range r.Query() {
		in.Query[name] = values[0]
	}
	return in
}

// Telling is one message for one chat.
type Telling struct {
	Chat      Chat
	Message   chat.Message
	Rule      int // the number of the rule that holds, from 1
	Locale    source.Locale
	Verbosity source.Verbosity
}

// Told is what an endpoint's rules make of one event.
type Told struct {
	Tellings []Telling
	Warnings []job.Warning
}

func (t *Told) warn(code, message, chat string) {
	t.Warnings = append(t.Warnings, job.Warning{Code: code, Message: cutBytes(message, longestWarning), Chat: chat})
}

// longestWarning bounds what a payload can put into a warning.
const longestWarning = 500

// Tell tries the rules in their order: a chat hears of an event once, by the
// first rule that holds. It never fails; what went wrong is a warning.
func (e *Endpoint) Tell(ctx context.Context, ev webhook.Event, in Inputs, dir *Directory) Told {
	return e.tell(ctx, ev, in, dir, nobody)
}

func (e *Endpoint) tell(ctx context.Context, ev webhook.Event, in Inputs, dir *Directory, untold observer) Told {
	var told Told
	v := &view{event: ev, inputs: in}
	heard := map[chat.Key]int{}
	for i := range e.Rules {
		e.tellBy(ctx, i, v, e.targets(i, dir, heard, &told, untold), &told, heard, untold)
	}
	return told
}

// targets are the chats of a rule that have not heard of the event yet.
// heard holds the number of the rule that told them.
func (e *Endpoint) targets(rule int, dir *Directory, heard map[chat.Key]int, told *Told, untold observer) []Chat {
	var open []Chat
	seen := map[chat.Key]bool{}
	for _, name := range e.Rules[rule].To {
		c, err := dir.Resolve(name)
		switch {
		case err != nil:
			told.warn("unknown_chat", err.Error(), name)
			untold(rule, unresolved(name), verdict{why: "to", cause: err.Error()})
		case heard[c.Key] > 0:
			untold(rule, c, verdict{why: toldBefore, cause: fmt.Sprintf("rule %d has told it already", heard[c.Key])})
		case !seen[c.Key]:
			seen[c.Key] = true
			open = append(open, c)
		}
	}
	return open
}

func (e *Endpoint) tellBy(ctx context.Context, rule int, v *view, open []Chat, told *Told, heard map[chat.Key]int, untold observer) {
	if len(open) == 0 {
		return
	}
	r := &e.Rules[rule]
	judged := r.judge(ctx, v)
	if judged.code != "" {
		told.warn(judged.code, judged.cause, "")
	}
	if !judged.holds {
		for _, c := range open {
			untold(rule, c, judged)
		}
		return
	}
	words := &wording{endpoint: e, rule: r, view: v, told: told}
	for _, c := range open {
		heard[c.Key] = rule + 1
		s := words.style(c)
		told.Tellings = append(told.Tellings, Telling{
			Chat: c, Message: words.forChat(s), Rule: rule + 1, Locale: s.locale, Verbosity: s.verbosity,
		})
	}
}

// wording words one event by one rule, once for each language and verbosity.
type wording struct {
	endpoint *Endpoint
	rule     *Rule
	view     *view
	told     *Told
	made     map[style]chat.Message
	template *chat.Message // what the template gave; nil: nothing
	rendered bool
}

type style struct {
	locale    source.Locale
	verbosity source.Verbosity
}

func (w *wording) style(c Chat) style {
	return style{
		locale:    first(w.rule.Locale, c.Locale, w.endpoint.Locale, source.English),
		verbosity: first(w.rule.Verbosity, c.Verbosity, w.endpoint.Verbosity, source.Normal),
	}
}

func (w *wording) forChat(s style) chat.Message {
	m := w.message(s)
	m.Mentions = w.rule.Mentions
	return m
}

func (w *wording) message(s style) chat.Message {
	if w.rule.template != nil {
		if !w.rendered {
			w.rendered = true
			w.template = w.render()
		}
		if w.template != nil {
			return *w.template
		}
	}
	m, ok := w.made[s]
	if !ok {
		m = w.builtIn(s)
		if w.made == nil {
			w.made = map[style]chat.Message{}
		}
		w.made[s] = m
	}
	return m
}

// render gives what the rule's template says, or nil and a warning.
func (w *wording) render() *chat.Message {
	text, cut, err := w.rule.template.render(w.view.forTemplates())
	if err != nil {
		w.told.warn("template_failed", err.Error(), "")
		return nil
	}
	if cut {
		w.told.warn("template_cut", errTemplateFull.Error()+" and was cut", "")
	}
	return &chat.Message{Body: text, Severity: w.view.event.Severity, Thread: w.view.event.Thread}
}

// builtIn asks the source; one that breaks costs its wording, not the message.
func (w *wording) builtIn(s style) (m chat.Message) {
	ev := w.view.event
	defer func() {
		if p := recover(); p != nil {
			w.told.warn("message_failed", fmt.Sprintf("the source %s broke on this event: %v", w.endpoint.SourceName, p), "")
			m = plainMessage(ev)
		}
	}()
	return w.endpoint.Source.Message(ev, s.locale, s.verbosity)
}

// plainMessage says of an event what can be said without knowing its source.
func plainMessage(ev webhook.Event) chat.Message {
	title := ev.Title
	if title == "" {
		title = strings.TrimSpace(ev.Source + " " + ev.Type + " " + ev.Action)
	}
	return chat.Message{
		Title: title, URL: ev.URL, Body: chat.Plain(ev.Summary), Severity: ev.Severity, Thread: ev.Thread,
	}
}

// first gives the first word that is written.
func first[T ~string](words ...T) T {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
