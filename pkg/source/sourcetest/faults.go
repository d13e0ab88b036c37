package sourcetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// check looks at one event for a fault of its own kind.
type check func(webhook.Event) []string

// contract looks at all that a source says of one request. A refused request
// is no fault if Identify and Events agree on it, and the error is
// webhook.ErrPayload.
func (s Suite) contract(r *webhook.Request, more ...check) (faults []string) {
	defer func() {
		if p := recover(); p != nil {
			faults = append(faults, fmt.Sprintf("it panics: %v", p))
		}
	}()
	id, idErr := s.Source.Identify(r)
	events, err := s.Source.Events(r)
	faults = s.answerFaults(r, idErr)
	if (idErr == nil) != (err == nil) {
		return append(faults, fmt.Sprintf("Identify says %v, Events says %v", idErr, err))
	}
	if idErr != nil {
		if !errors.Is(idErr, webhook.ErrPayload) {
			faults = append(faults, fmt.Sprintf("Identify gives %v, which is no webhook.ErrPayload", idErr))
		}
		return faults
	}
	if id.Window < 0 || id.Window > time.Minute {
		faults = append(faults, fmt.Sprintf("the window is %s, want a minute at most", id.Window))
	}
	if len(events) > source.MaxEvents {
		faults = append(faults, fmt.Sprintf("it makes %d events of one request, want %d at most", len(events), source.MaxEvents))
	}
	for _, e := range events {
		faults = append(faults, identityFaults(e, id, len(events))...)
		faults = append(faults, eventFaults(e)...)
		for _, look := range more {
			faults = append(faults, look(e)...)
		}
		for _, l := range locales() {
			for _, v := range verbosities() {
				for _, f := range messageFaults(s.Source.Message(e, l, v), e) {
					faults = append(faults, fmt.Sprintf("message %s %s: %s", l, v, f))
				}
			}
		}
	}
	return faults
}

// identityFaults: a request of one event has that event's type and action; one
// of many may hold several types, but is one delivery.
func identityFaults(e webhook.Event, id source.Identity, events int) (faults []string) {
	if id.Type == "" {
		faults = append(faults, "the type is empty")
	}
	if events == 1 && (e.Type != id.Type || e.Action != id.Action) {
		faults = append(faults, fmt.Sprintf("Events says %q %q, Identify says %q %q", e.Type, e.Action, id.Type, id.Action))
	}
	if e.DeliveryID != id.DeliveryID {
		faults = append(faults, fmt.Sprintf("Events says delivery id %q, Identify says %q", e.DeliveryID, id.DeliveryID))
	}
	return faults
}

func eventFaults(e webhook.Event) (faults []string) {
	if e.Source == "" {
		faults = append(faults, "the event names no source")
	}
	if !slices.Contains(severities(), e.Severity) {
		faults = append(faults, fmt.Sprintf("the severity is %q", e.Severity))
	}
	if _, err := json.Marshal(e); err != nil {
		faults = append(faults, fmt.Sprintf("the event cannot be written as JSON: %v", err))
	}
	faults = append(faults, titleFaults(e.Title)...)
	for name, line := range map[string]string{
		"summary": e.Summary, "branch": e.Branch, "author": e.Author, "actor": e.Actor.Name,
		"container": e.Container.Name, "subject": e.Subject.Title, "number": e.Subject.Number,
	} {
		faults = append(faults, lineFaults(name, line)...)
	}
	for name, address := range map[string]string{
		"url": e.URL, "actor": e.Actor.URL, "container": e.Container.URL, "subject": e.Subject.URL,
	} {
		faults = append(faults, addressFaults(name, address)...)
	}
	faults = append(faults, textFaults("body", e.Body)...)
	faults = append(faults, fieldFaults(e.Fields)...)
	return append(faults, linkFaults(e.Links)...)
}

func messageFaults(m chat.Message, e webhook.Event) (faults []string) {
	faults = titleFaults(m.Title)
	faults = append(faults, addressFaults("url", m.URL)...)
	faults = append(faults, fieldFaults(m.Fields)...)
	faults = append(faults, linkFaults(m.Links)...)
	for _, span := range m.Body {
		faults = append(faults, textFaults("body", span.Text)...)
		faults = append(faults, addressFaults("body", span.URL)...)
	}
	for _, a := range m.Attachments {
		faults = append(faults, lineFaults("attachment", a.Name)...)
		faults = append(faults, addressFaults("attachment", a.URL)...)
	}
	if m.Severity != e.Severity || m.Thread != e.Thread {
		faults = append(faults, fmt.Sprintf("severity %q and thread %q are not the event's %q and %q",
			m.Severity, m.Thread, e.Severity, e.Thread))
	}
	if len(m.Mentions) > 0 {
		faults = append(faults, fmt.Sprintf("a source pings nobody, this one %q", m.Mentions))
	}
	return faults
}

func titleFaults(title string) []string {
	if strings.TrimSpace(title) == "" {
		return []string{"the title is empty"}
	}
	return lineFaults("title", title)
}

func fieldFaults(fields []webhook.Field) (faults []string) {
	for _, f := range fields {
		if f.Name == "" || f.Value == "" {
			faults = append(faults, fmt.Sprintf("the field %q = %q has an empty half", f.Name, f.Value))
		}
		faults = append(faults, lineFaults("field", f.Name)...)
		faults = append(faults, lineFaults("field "+f.Name, f.Value)...)
	}
	return faults
}

func linkFaults(links []webhook.Link) (faults []string) {
	for _, l := range links {
		faults = append(faults, lineFaults("link", l.Text)...)
		if l.URL == "" {
			faults = append(faults, fmt.Sprintf("the link %q has no address", l.Text))
		}
		faults = append(faults, addressFaults("link", l.URL)...)
	}
	return faults
}

func addressFaults(name, address string) []string {
	if address == "" || source.Link(address) != "" {
		return nil
	}
	return []string{fmt.Sprintf("%s: %q is no safe http or https address", name, address)}
}

func lineFaults(name, line string) []string {
	if strings.Contains(line, "\n") {
		return []string{fmt.Sprintf("%s: %q is more than one line", name, line)}
	}
	return textFaults(name, line)
}

// textFaults: text from outside is plain, so it holds neither control
// characters nor what an escape for some markup leaves behind.
func textFaults(name, text string) (faults []string) {
	if !utf8.ValidString(text) {
		faults = append(faults, fmt.Sprintf("%s: %q is not UTF-8", name, text))
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		faults = append(faults, fmt.Sprintf("%s: %q holds control characters", name, text))
	}
	return faults
}

// naming: a title names place, actor and thing where they are known.
func naming(e webhook.Event) (faults []string) {
	for name, want := range map[string]string{"container": e.Container.Name, "actor": e.Actor.Name} {
		if !strings.Contains(e.Title, want) {
			faults = append(faults, fmt.Sprintf("the title %q does not name the %s %q", e.Title, name, want))
		}
	}
	s := e.Subject
	numbered := s.Number != "" && strings.Contains(e.Title, s.Number)
	if !numbered && !strings.Contains(e.Title, s.Title) {
		faults = append(faults, fmt.Sprintf("the title %q does not name its subject %+v", e.Title, s))
	}
	return faults
}

func severities() []webhook.Severity {
	return []webhook.Severity{
		webhook.Debug, webhook.Info, webhook.Notice, webhook.Warning, webhook.Error, webhook.Critical,
	}
}
