package matrix

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// attach uploads a and gives the content that shows it; a link to it where it
// cannot be had, or the server will not have it. An upload that is repeated does no
// harm: the event is one.
func (s *Sender) attach(ctx context.Context, d chat.Delivery, a chat.Attachment) (content, error) {
	alone := chat.Message{Attachments: []chat.Attachment{a}}
	linked := notice
	if d.Plain {
		linked = plain
	}
	files, _ := d.Files(ctx, alone, 1, maxFile, nil)
	if len(files) == 0 {
		return linked(alone.Linked().Clean()), nil
	}
	f := files[0]
	address, err := s.upload(ctx, f)
	if advice := retry.AdviceOn(err); advice.Kind == retry.Hopeless && advice.Reach == retry.Chat {
		return linked(alone.Linked().Clean()), nil // too large, or not allowed: no fault of the room's
	}
	if err != nil {
		return content{}, fmt.Errorf("upload %s: %w", f.Name, err)
	}
	kind := "m.file"
	switch general, _, _ := strings.Cut(f.Type, "/"); general {
	case "image", "video", "audio":
		kind = "m." + general
	}
	return content{Type: kind, Body: f.Name, Filename: f.Name, URL: address, Info: &info{Type: f.Type, Size: len(f.Data)}}, nil
}

// upload gives the mxc: address of what f holds.
func (s *Sender) upload(ctx context.Context, f chat.File) (string, error) {
	answer, err := s.call(ctx, http.MethodPost, s.media+"upload?filename="+url.QueryEscape(f.Name), f.Type, f.Data)
	if err != nil {
		return "", retry.With(err) // nobody saw it yet
	}
	var stored struct {
		URI string `json:"content_uri"`
	}
	switch {
	case !answer.OK():
		return "", refusal(answer, read(answer))
	case answer.Decode(&stored) != nil || !strings.HasPrefix(stored.URI, "mxc://"):
		return "", answer.Err("the answer names no media")
	}
	return stored.URI, nil
}
