// Package chattest is the contract of chat.Sender as tests, and fakes of the
// platforms for whoever tests what sends. It speaks to nobody outside the
// machine.
package chattest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// Suite describes one Sender to Run.
type Suite struct {
	// New makes a Sender whose platform is at base ("http://127.0.0.1:1234").
	New func(base string, tools chat.Tools) (chat.Sender, error)
	// Channel is one that the platform has; "default" where empty.
	Channel string
	// BadChannels cannot be channels of this platform.
	BadChannels []string
	// Secrets are what New put into the settings and no error may show:
	// tokens, secret parts of URLs.
	Secrets []string
	// OK is the platform's answer to a message it took.
	OK Answer
	// Receipt is what Send makes of OK.
	Receipt chat.Receipt
	// JSON: the platform promises JSON with every 2xx.
	JSON bool
	// ByStatus: its answers have no form, so a status is its word whatever the body.
	ByStatus bool
	// Text takes the shown text out of a request; its length is held against
	// Limit, in Unit. Without Limit, nothing is.
	Text  func(Call) string
	Limit int
	Unit  chat.Unit
	// Inert says what in a request could ping somebody; it is asked about the
	// whole gallery, in which nobody is mentioned on purpose.
	Inert func(Call) error
	// Mentions are ids of the platform, for the one golden that does ping.
	Mentions []string
	// Advice holds, by status, where the platform differs from the general
	// table of refusals (see faults.go).
	Advice map[int]retry.Advice
	// Answers are the platform's own refusals, by name.
	Answers map[string]Refusal
	// Varies are the headers that may differ between two attempts.
	Varies []string
	// Mask replaces what else may differ, in a query or a body: a signature, and
	// the time it was made at.
	Mask func(Call) Call
	// Event: the Sender wants Delivery.Event.
	Event bool
	// Local: the Sender makes no call; what it writes to Tools.Stdout counts.
	Local bool
	// Wire plays a platform that speaks no HTTP, in the place of OK: a golden
	// file holds the Body of what it took. Of the faults only those are tried
	// that any protocol knows; JSON, Advice, Answers and Varies do not apply.
	Wire func(t *testing.T) Wire
	// Folder is where below testdata the golden files lie, for a package with
	// several suites; "gallery" where empty.
	Folder string
	// Update rewrites the golden files (pass your own -update flag).
	Update bool
}

// Refusal is one answer and what a Sender must make of it. A Want.After of 0
// is not compared.
type Refusal struct {
	Answer Answer
	Want   retry.Advice
}

// Run holds a Sender against the contract.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if s.Channel == "" {
		s.Channel = "default"
	}
	if s.Folder == "" {
		s.Folder = "gallery"
	}
	t.Run("gallery", s.gallery)
	t.Run("an empty message is sent or hopeless", s.nothing)
	t.Run("capabilities", s.capabilities)
	t.Run("concurrent sends", s.concurrent)
	t.Run("a context that has ended", s.endedBefore)
	if s.Local {
		return
	}
	if s.Limit > 2*reach && s.Wire == nil {
		t.Run("the limit at every offset", s.offsets)
	}
	t.Run("channels", s.channels)
	t.Run("receipt", s.receipt)
	t.Run("prints no secret", s.printed)
	if s.Wire != nil {
		s.wireFaults(t)
		return
	}
	s.faults(t)
}

// gallery checks the golden bytes, that they are the same twice, the limit and
// that nobody is pinged.
func (s Suite) gallery(t *testing.T) {
	t.Parallel()
	messages := Gallery()
	if len(s.Mentions) > 0 {
		messages["mentions"] = chat.Message{Title: "Deploy " + bombs, Body: chat.Plain("done"), Mentions: s.Mentions}
	}
	for name, m := range messages {
		for _, plain := range []bool{false, true} {
			d, exhibit := s.delivery(m), name
			if d.Plain = plain; plain {
				exhibit += ".plain"
			}
			t.Run(exhibit, func(t *testing.T) {
				t.Parallel()
				s.exhibit(t, exhibit, d)
			})
		}
	}
}

func (s Suite) exhibit(t *testing.T, name string, d chat.Delivery) {
	t.Helper()
	var whole []byte
	for d.Part = range s.parts(t, d) {
		first, call := s.wire(t, d)
		second, _ := s.wire(t, d)
		if !bytes.Equal(first, second) {
			t.Errorf("the same Delivery gave other bytes:\n%s\nthen\n%s", short(first), short(second))
		}
		whole = append(whole, first...)
		s.fitting(t, d, call)
	}
	if !d.Plain || name == "markup.plain" { // one golden of the plain form is enough
		Golden(t, s.Folder+"/"+name, whole, s.Update)
	}
}

// parts is how many parts a Sender says d in.
func (s Suite) parts(t *testing.T, d chat.Delivery) int {
	t.Helper()
	splitter, ok := s.sender(t, s.nowhere(), chat.Tools{Stdout: &bytes.Buffer{}}).(chat.Splitter)
	if !ok {
		return 1
	}
	n := splitter.Parts(d)
	if n < 1 || n > maxParts {
		t.Fatalf("Parts gave %d, want 1 to %d: nobody reads a room that is flooded", n, maxParts)
	}
	return n
}

// maxParts is the most parts that one message may take of a room.
const maxParts = 10

// fitting checks one call's text against the platform's limit, and that it
// pings nobody.
func (s Suite) fitting(t *testing.T, d chat.Delivery, call Call) {
	t.Helper()
	if s.Limit > 0 {
		if got := s.Unit.Len(s.Text(call)); got > s.Limit || got == 0 {
			t.Errorf("text is %d units long, want 1 to %d", got, s.Limit)
		}
	}
	s.preview(t, d, call)
	if s.Inert != nil && len(d.Message.Mentions) == 0 {
		if err := s.Inert(call); err != nil {
			t.Errorf("the text can ping: %v", err)
		}
	}
}

// preview: what a Sender shows is what it sends, and showing it calls nobody.
func (s Suite) preview(t *testing.T, d chat.Delivery, sent Call) {
	t.Helper()
	stage := s.stage(t)
	p, ok := s.sender(t, stage.url, chat.Tools{HTTP: stage.tools().HTTP, Stdout: &bytes.Buffer{}}).(chat.Previewer)
	if !ok || s.Text == nil {
		return
	}
	if got, want := p.Preview(d), s.Text(sent); got != want {
		t.Errorf("Preview shows %q, Send says %q", short([]byte(got)), short([]byte(want)))
	}
	if n := len(stage.seen()); n != 0 {
		t.Errorf("Preview made %d calls", n)
	}
}

// wire sends d to a platform that takes it, and gives what arrived.
func (s Suite) wire(t *testing.T, d chat.Delivery) ([]byte, Call) {
	t.Helper()
	if s.Local {
		var out bytes.Buffer
		if _, err := s.sender(t, "", chat.Tools{Stdout: &out}).Send(t.Context(), d); err != nil {
			t.Fatalf("Send: %v", err)
		}
		return out.Bytes(), Call{Body: out.Bytes(), Text: out.String()}
	}
	stage := s.stage(t)
	if _, err := s.sender(t, stage.url, stage.tools()).Send(t.Context(), d); err != nil {
		t.Fatalf("Send: %v", err)
	}
	calls := stage.seen()
	if len(calls) != 1 {
		t.Fatalf("Send made %d calls, want 1", len(calls))
	}
	if s.Wire != nil {
		return short(calls[0].Body), calls[0]
	}
	call := calls[0]
	if s.Mask != nil {
		call = s.Mask(call)
	}
	return exchange(call, s.Varies), call
}

func (s Suite) sender(t *testing.T, base string, tools chat.Tools) chat.Sender {
	t.Helper()
	sender, err := s.New(base, tools)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if c, ok := sender.(io.Closer); ok {
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	return sender
}

func (s Suite) nothing(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	_, err := s.sender(t, stage.url, stage.tools()).Send(t.Context(), s.delivery(chat.Message{}))
	if err == nil {
		return
	}
	if got := retry.AdviceOn(err).Kind; got != retry.Hopeless {
		t.Errorf("advice %v, want Hopeless: %v", got, err)
	}
	if n := len(stage.seen()); n != 0 {
		t.Errorf("%d calls were made with nothing to say", n)
	}
}

func (s Suite) capabilities(t *testing.T) {
	t.Parallel()
	sender := s.sender(t, s.nowhere(), chat.Tools{Stdout: &bytes.Buffer{}})
	first, second := sender.Capabilities(), sender.Capabilities()
	if !reflect.DeepEqual(first, second) {
		t.Errorf("capabilities changed: %+v, then %+v", first, second)
	}
	if first.Event != s.Event {
		t.Errorf("Capabilities.Event is %v, the suite says %v", first.Event, s.Event)
	}
	if first.Channels != (s.Channel != "default") {
		t.Errorf("Capabilities.Channels is %v, the suite's channel is %q", first.Channels, s.Channel)
	}
	if !slices.Contains([]chat.Markup{chat.Rich, chat.Markdown, chat.PlainText}, first.Markup) {
		t.Errorf("Capabilities.Markup is %q", first.Markup)
	}
	rates := slices.Concat(first.Limits.Chat, first.Limits.Account, first.Limits.Platform)
	if p, ok := sender.(chat.Pacer); ok {
		rates = append(rates, p.Pace(s.Channel)...)
	}
	for _, r := range rates {
		if r.Count <= 0 || r.Per <= 0 {
			t.Errorf("a Rate is at least one message in some time, got %+v", r)
		}
	}
}

// concurrent sends give the race detector something to see.
func (s Suite) concurrent(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	tools := stage.tools()
	var out bytes.Buffer
	tools.Stdout = &out
	sender := s.sender(t, stage.url, tools)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := sender.Send(t.Context(), s.delivery(chat.Message{Title: fmt.Sprintf("message %d", i)})); err != nil {
				t.Errorf("Send: %v", err)
			}
		})
	}
	all.Wait()
	if s.Local {
		if got := strings.Count(out.String(), "message "); got != 8 {
			t.Errorf("%d messages were written, want 8", got)
		}
		return
	}
	if got := len(stage.seen()); got != 8 {
		t.Errorf("%d calls arrived, want 8", got)
	}
}

func (s Suite) endedBefore(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tools := stage.tools()
	tools.Stdout = &bytes.Buffer{}
	_, err := s.sender(t, stage.url, tools).Send(ctx, s.delivery(chat.Message{Title: "late"}))
	s.check(t, err, retry.Advice{Kind: retry.Again})
	if n := len(stage.seen()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// channels that cannot be are refused before anything is sent.
func (s Suite) channels(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	sender := s.sender(t, stage.url, stage.tools())
	checker, ok := sender.(chat.ChannelChecker)
	if !ok {
		return
	}
	if err := checker.CheckChannel(s.Channel); err != nil {
		t.Errorf("CheckChannel(%q): %v", s.Channel, err)
	}
	for _, bad := range s.BadChannels {
		if checker.CheckChannel(bad) == nil {
			t.Errorf("CheckChannel(%q) found nothing wrong", bad)
		}
		d := s.delivery(chat.Message{Title: "lost"})
		d.Channel = bad
		_, err := sender.Send(t.Context(), d)
		s.check(t, err, retry.Advice{Kind: retry.Hopeless, Broken: true})
	}
	if n := len(stage.seen()); n != 0 {
		t.Errorf("%d calls were made to channels that cannot be", n)
	}
}

func (s Suite) receipt(t *testing.T) {
	t.Parallel()
	stage := s.stage(t)
	got, err := s.sender(t, stage.url, stage.tools()).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
	if err != nil || got != s.Receipt {
		t.Errorf("Send = %+v, %v, want %+v", got, err, s.Receipt)
	}
}

func (s Suite) printed(t *testing.T) {
	t.Parallel()
	sender := s.sender(t, s.nowhere(), chat.Tools{HTTP: &http.Client{Timeout: time.Second}})
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		s.silent(t, fmt.Sprintf(verb, sender))
	}
}
