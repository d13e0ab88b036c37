package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// handshakeFaults: a handshake is answered or refused, never both, and with
// keys that can fetch nothing it asks for public addresses by https at most.
func (s Suite) handshakeFaults(r *webhook.Request) (faults []string) {
	h, ok := s.Source.(source.Handshaker)
	if !ok {
		return nil
	}
	keys := s.Keys
	keys.Fetch = func(_ context.Context, address string) ([]byte, error) {
		faults = append(faults, fetchFaults(address)...)
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
		if err != nil && !refuses(err) {
			faults = append(faults, fmt.Sprintf("with %s Handshake gives %v, which is none of verify's errors", what, err))
		}
	}
	return faults
}

func fetchFaults(address string) []string {
	if source.Link(address) == "" || !strings.HasPrefix(address, "https:") {
		return []string{fmt.Sprintf("Handshake fetches %q, which is no safe https address", address)}
	}
	return nil
}

func refuses(err error) bool {
	for _, is := range []error{
		verify.ErrMissing, verify.ErrRejected, verify.ErrOutOfRange, verify.ErrNotConfigured, verify.ErrUnavailable,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// responseFaults: what is answered at once says that all is well.
func responseFaults(what string, r webhook.Response) []string {
	if r.Status != 0 && (r.Status < http.StatusOK || r.Status >= http.StatusMultipleChoices) {
		return []string{fmt.Sprintf("the %s has status %d", what, r.Status)}
	}
	return nil
}
