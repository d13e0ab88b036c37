package rocketchat

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"postern/pkg/retry"
)

// channelShape is a room's id, which only the server could know, or # and its name,
// with or without its kind.
var channelShape = regexp.MustCompile(`^(?:(?:channel|group|room|private)_)?([A-Za-z0-9]+|#[^#@/?&]+)$`)

// CheckChannel takes a room's id or "#name", with or without "channel_", "group_",
// "room_" or "private_" before it.
func (s *Sender) CheckChannel(channel string) error {
	if s.personal() && !channelShape.MatchString(channel) {
		return fmt.Errorf("%q is neither the id nor the #name of a Rocket.Chat room", channel)
	}
	return nil
}

func native(channel string) string { return channelShape.FindStringSubmatch(channel)[1] }

// room gives the id of a room. A name is asked for once, and again after its room
// has refused us.
func (s *Sender) room(ctx context.Context, name string) (string, error) {
	short, named := strings.CutPrefix(name, "#")
	if !named {
		return name, nil
	}
	if id, ok := s.rooms.Load(name); ok {
		return fmt.Sprint(id), nil
	}
	id, err := s.resolve(ctx, short)
	if err != nil {
		return "", fmt.Errorf("ask for the room %s: %w", name, err)
	}
	s.rooms.Store(name, id)
	return id, nil
}

func (s *Sender) resolve(ctx context.Context, name string) (string, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"rooms.info?roomName="+url.QueryEscape(name), nil)
	if err != nil {
		return "", retry.With(err) // nothing was said yet: no answer to a question is no doubt
	}
	var found struct {
		Room struct {
			ID string `json:"_id"`
		} `json:"room"`
	}
	switch {
	case !answer.OK():
		return "", refusal(answer, read(answer))
	case answer.Decode(&found) != nil || found.Room.ID == "":
		return "", answer.Err("the answer names no room")
	}
	return found.Room.ID, nil
}
