package chattest

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/pkg/chat"
)

// reach is how far to both sides of the limit the end of a text is moved, step how
// far at a time.
const reach = 40

// offsets moves what must not be torn (a mention, escapes, an entity, a styled
// span, a character of several) over the platform's limit, a character at a time (in
// bigger steps under the race detector, as it is the text that is looked at):
// wherever the cut falls, each part fits, is UTF-8 and pings nobody.
func (s Suite) offsets(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	sender := s.sender(t, stage.url, stage.tools())
	for offset := -reach; offset <= reach; offset += step {
		d := s.delivery(chat.Message{Body: chat.Text{
			{Text: strings.Repeat("x", s.Limit-2*reach+offset)},
			{Text: "&<@everyone> "},
			{Text: "👨‍👩‍👧‍👦é*b_", Bold: true},
			{Text: "c`<!channel>", Code: true},
			{Text: "li]nk", URL: "https://example.com/a_(b)?c=d&e"},
			{Text: strings.Repeat(" @all <at>", 10)},
		}})
		for d.Part = range s.parts(t, d) {
			before := len(stage.seen())
			if _, err := sender.Send(t.Context(), d); err != nil {
				t.Fatalf("offset %d, part %d: %v", offset, d.Part, err)
			}
			for _, call := range stage.seen()[before:] {
				s.whole(t, fmt.Sprintf("offset %d, part %d", offset, d.Part), call)
			}
		}
	}
}

// whole checks one call of offsets.
func (s Suite) whole(t *testing.T, which string, call Call) {
	t.Helper()
	text := s.Text(call)
	if got := s.Unit.Len(text); got > s.Limit || got == 0 {
		t.Errorf("%s: the text is %d units long, want 1 to %d", which, got, s.Limit)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		t.Errorf("%s: a character is torn in %q", which, text[max(len(text)-80, 0):])
	}
	if s.Inert != nil {
		if err := s.Inert(call); err != nil {
			t.Errorf("%s: the text can ping: %v", which, err)
		}
	}
}
