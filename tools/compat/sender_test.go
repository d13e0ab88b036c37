package compat_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"postern/internal/catalog"
	"postern/pkg/chat"
)

// TestWhatWeSendIsSigned: the chat "webhook" signs as Standard Webhooks says,
// and who receives it with a library of the standard takes it.
func TestWhatWeSendIsSigned(t *testing.T) {
	t.Parallel()
	var sent []*http.Request
	client := &http.Client{Transport: transport(func(r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		sent = append(sent, r)
	})}
	for _, d := range catalog.Chats() {
		if d.Type != "webhook" {
			continue
		}
		s, err := d.Build(fill(map[string]string{"url": "https://hooks.example.com/in", "secret": whsec}), chat.Tools{HTTP: client})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), chat.Delivery{ID: "n-1", Message: chat.Message{Title: "wörld"}, AcceptedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent) != 1 {
		t.Fatalf("%d requests were sent, want 1", len(sent))
	}
	for name, verdict := range map[string]func(*http.Request) error{"standard-webhooks": standardVerdict, "svix": svixVerdict} {
		again := sent[0].Clone(t.Context())
		again.Body, _ = sent[0].GetBody()
		if err := verdict(again); err != nil {
			t.Errorf("%s refuses it: %v", name, err)
		}
		again.Body = io.NopCloser(bytes.NewReader([]byte("{}")))
		if verdict(again) == nil {
			t.Errorf("%s takes it with another body", name)
		}
	}
}

// transport hears a request and answers 204.
type transport func(*http.Request)

func (hear transport) RoundTrip(r *http.Request) (*http.Response, error) {
	hear(r)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}
