package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// maxGreeting bounds what is echoed to whoever asks, in bytes.
const maxGreeting = 1 << 10

// answerFaults looks at all that a source answers at once. refused is what
// Identify says of the request.
func (s Suite) answerFaults(r *webhook.Request, refused error) (faults []string) {
	if c, ok := s.Source.(source.Challenger); ok {
		if response, ok := c.Challenge(r); ok {
			faults = append(faults, responseFaults("challenge", response)...)
		}
	}
	if a, ok := s.Source.(source.Answerer); ok {
		if response, ok := a.Answer(r); ok && refused == nil {
			faults = append(faults, responseFaults("answer", response)...)
		}
	}
	faults = append(faults, s.handshakeFaults(r)...)
	return append(faults, s.greetingFaults(r, refused)...)
}

// greetingFaults: a greeting is a word given back as plain text, and what is
// greeted is no event: that would be taken unverified, or lost.
func (s Suite) greetingFaults(r *webhook.Request, refused error) (faults []string) {
	g, ok := s.Source.(source.Greeter)
	if !ok {
		return nil
	}
	response, ok := g.Greet(r)
	if !ok {
		return nil
	}
	faults = responseFaults("greeting", response)
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/plain" {
		faults = append(faults, fmt.Sprintf("the greeting is %q, want text/plain", kind))
	}
	if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		faults = append(faults, fmt.Sprintf("the greeting's X-Content-Type-Options is %q, want nosniff", got))
	}
	if len(response.Body) > maxGreeting {
		faults = append(faults, fmt.Sprintf("the greeting has %d bytes, want %d at most", len(response.Body), maxGreeting))
	}
	if refused == nil {
		faults = append(faults, "what Greet answers, Identify takes for an event")
	}
	return faults
}

// handshakeFaults: a handshake is answered or refused, never both; it asks
// nobody but by https; with no keys it is no more than refused.
func (s Suite) handshakeFaults(r *webhook.Request) (faults []string) {
	h, ok := s.Source.(source.Handshaker)
	if !ok {
		return nil
	}
	keys := s.Keys
	keys.Fetch = func(_ context.Context, address string) ([]byte, error) {
		if source.Link(address) == "" || !strings.HasPrefix(address, "https:") {
			faults = append(faults, fmt.Sprintf("Handshake fetches %q, which is no safe https address", address))
		}
		return nil, errors.New("the suite fetches nothing")
	}
	for what, keys := range map[string]verify.Keys{"keys": keys, "no keys": {}} {
		response, ok, err := h.Handshake(context.Background(), r, keys)
		if ok {
			faults = append(faults, responseFaults("handshake", response)...)
		}
		if ok && err != nil {
			faults = append(faults, fmt.Sprintf("with %s the handshake is answered and refused: %v", what, err))
		}
		if err != nil && !isRefusal(err) {
			faults = append(faults, fmt.Sprintf("with %s Handshake gives %v, which is none of verify's errors", what, err))
		}
	}
	return faults
}

func isRefusal(err error) bool {
	for _, is := range []error{
		verify.ErrMissing, verify.ErrRejected, verify.ErrOutOfRange, verify.ErrNotConfigured, verify.ErrUnavailable,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// responseFaults: what is answered at once says that all is well, and what it
// is.
func responseFaults(what string, r webhook.Response) (faults []string) {
	if r.Status != 0 && (r.Status < http.StatusOK || r.Status >= http.StatusMultipleChoices) {
		faults = append(faults, fmt.Sprintf("the %s has status %d, want one that says yes", what, r.Status))
	}
	if len(r.Body) > 0 && (r.Status == http.StatusNoContent || r.Header.Get("Content-Type") == "") {
		faults = append(faults, fmt.Sprintf("the %s has a body, but status %d and no Content-Type", what, r.Status))
	}
	return faults
}
