package sourcetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// goldenCase is one file: a comment, a request, and what is made of it.
type goldenCase struct {
	file, name string
	given      string // the file down to the end of its request
	want       string // the rest
	request    *webhook.Request
}

// resultMark begins the part of a file that -update writes.
const (
	requestMark = "-- request --\n"
	resultMark  = "-- identity --\n"
)

func parseCase(text string) (goldenCase, error) {
	given, want, found := strings.Cut(text, "\n"+resultMark)
	if found {
		given, want = given+"\n", resultMark+want
	}
	_, request, ok := strings.Cut(given, requestMark)
	if !ok {
		return goldenCase{}, errors.New("there is no section -- request --")
	}
	r, err := parseRequest(request)
	return goldenCase{given: given, want: want, request: r}, err
}

func golden(t *testing.T, s Suite, c goldenCase) {
	t.Helper()
	got := result(t, s, c.request)
	if got == c.want {
		return
	}
	if update.Value.String() != "true" {
		t.Errorf("%s differs (-update rewrites it)\n got:\n%s\nwant:\n%s", c.file, got, c.want)
		return
	}
	given := strings.TrimSuffix(c.given, "\n") + "\n"
	if err := os.WriteFile(c.file, []byte(given+got), 0o644); err != nil {
		t.Fatal(err)
	}
}

// result writes down everything a source says of a request.
func result(t *testing.T, suite Suite, r *webhook.Request) string {
	t.Helper()
	s := suite.Source
	var b strings.Builder
	id, err := s.Identify(r)
	fmt.Fprintf(&b, "%stype: %s\naction: %s\ndelivery id: %s\n", resultMark, id.Type, id.Action, id.DeliveryID)
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	b.WriteString(answersText(t, suite, r, err == nil))
	events, err := s.Events(r)
	if err != nil {
		return b.String()
	}
	for _, e := range events {
		b.WriteString("-- event --\n" + eventText(t, e))
		for _, l := range locales() {
			for _, v := range verbosities() {
				fmt.Fprintf(&b, "-- %s %s --\n%s", l, v, messageText(s.Message(e, l, v)))
			}
		}
	}
	return b.String()
}

// answersText is what the receiver would answer at once, or in place of a 202.
func answersText(t *testing.T, s Suite, r *webhook.Request, event bool) string {
	t.Helper()
	if g, ok := s.Source.(source.Greeter); ok {
		if response, ok := g.Greet(r); ok {
			return "-- greeting --\n" + responseText(response)
		}
	}
	if c, ok := s.Source.(source.Challenger); ok {
		if response, ok := c.Challenge(r); ok {
			return "-- challenge --\n" + responseText(response)
		}
	}
	if h, ok := s.Source.(source.Handshaker); ok {
		response, ok, err := h.Handshake(t.Context(), r, s.Keys)
		switch {
		case err != nil:
			return fmt.Sprintf("-- handshake --\nerror: %v\n", err)
		case ok:
			return "-- handshake --\n" + responseText(response)
		}
	}
	if a, ok := s.Source.(source.Answerer); ok && event {
		if response, ok := a.Answer(r); ok {
			return "-- answer --\n" + responseText(response)
		}
	}
	return ""
}

func responseText(r webhook.Response) string {
	head := strings.TrimSpace(fmt.Sprintf("%d %s", cmp.Or(r.Status, http.StatusOK), r.Header.Get("Content-Type")))
	return strings.TrimSuffix(head+"\n"+string(r.Body), "\n") + "\n"
}

// eventText is an event as JSON, without its empty members.
func eventText(t *testing.T, e webhook.Event) string {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("an event cannot be written as JSON: %v", err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	all["default"] = e.Default
	prune(all)
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func prune(members map[string]any) {
	for name, v := range members {
		if inner, ok := v.(map[string]any); ok {
			if prune(inner); len(inner) == 0 {
				delete(members, name)
			}
		}
		if v == nil || v == "" || v == false {
			delete(members, name)
		}
	}
}

// messageText is a message without any platform's markup.
func messageText(m chat.Message) string {
	var b strings.Builder
	b.WriteString(m.Title + "\n")
	if m.URL != "" {
		b.WriteString("(" + m.URL + ")\n")
	}
	if len(m.Body) > 0 {
		for _, span := range m.Body {
			b.WriteString(spanText(span))
		}
		b.WriteString("\n")
	}
	for _, f := range m.Fields {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	for _, l := range m.Links {
		b.WriteString(l.Text + " (" + l.URL + ")\n")
	}
	for _, a := range m.Attachments {
		b.WriteString("attached: " + a.Name + " (" + a.URL + ")\n")
	}
	if m.Footer != "" {
		b.WriteString(m.Footer + "\n")
	}
	return b.String()
}

func spanText(s chat.Span) string {
	text := s.Text
	if s.Code {
		text = "`" + text + "`"
	}
	if s.Bold {
		text = "*" + text + "*"
	}
	if s.URL != "" {
		text += " (" + s.URL + ")"
	}
	return text
}
