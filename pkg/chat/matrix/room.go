package matrix

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"postern/pkg/retry"
)

// channelShape is an id, of which only the first character means anything to us
// (those of room version 12 name no server), or an alias, with or without its kind.
var channelShape = regexp.MustCompile(`^(?:(?:room|group|channel|private)_)?(!.+|#[^:]+:.+)$`)

// CheckChannel takes a room's id (!abc:example.org) or alias (#ops:example.org),
// with or without "room_", "group_", "channel_" or "private_" before it.
func (*Sender) CheckChannel(channel string) error {
	if !channelShape.MatchString(channel) {
		return fmt.Errorf("%q is neither the id (!...) nor the alias (#name:server) of a Matrix room", channel)
	}
	return nil
}

func native(channel string) string { return channelShape.FindStringSubmatch(channel)[1] }

// room gives the id of a room. An alias is asked for once, and again after its room
// has refused us.
func (s *Sender) room(ctx context.Context, name string) (string, error) {
	if !strings.HasPrefix(name, "#") {
		return name, nil
	}
	if id, ok := s.rooms.Load(name); ok {
		return fmt.Sprint(id), nil
	}
	id, err := s.resolve(ctx, name)
	if err != nil {
		return "", fmt.Errorf("ask for the room %s: %w", name, err)
	}
	s.rooms.Store(name, id)
	return id, nil
}

func (s *Sender) resolve(ctx context.Context, alias string) (string, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"directory/room/"+url.PathEscape(alias), "", nil)
	if err != nil {
		return "", retry.With(err) // nothing was said yet: no answer to a question is no doubt
	}
	var found struct {
		RoomID string `json:"room_id"`
	}
	switch {
	case !answer.OK():
		return "", refusal(answer, read(answer))
	case answer.Decode(&found) != nil || found.RoomID == "":
		return "", answer.Err("the answer names no room")
	}
	return found.RoomID, nil
}
