package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Response is an answer given at once: a handshake's, or that of a Go plugin's
// Respond.
type Response struct {
	Status int // 0 means 200
	Header http.Header
	Body   []byte
}

// JSON makes a Response of v; it fails where encoding/json does.
func JSON(status int, v any) (Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Response{}, fmt.Errorf("encode response: %w", err)
	}
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body:   body,
	}, nil
}

// Plain makes a text/plain Response that no browser will take for a page.
func Plain(status int, text string) Response {
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
		Body:   []byte(text),
	}
}
