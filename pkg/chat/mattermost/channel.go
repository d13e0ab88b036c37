package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"postern/pkg/retry"
)

// channelShape is an id, or a team's and a channel's name as they stand in a
// channel's address, with or without its kind.
var channelShape = regexp.MustCompile(`^(?:(?:channel|group|private)_)?([a-z0-9]{26}|[a-z0-9][a-z0-9-]*:[a-z0-9_-]+)$`)

// CheckChannel takes a channel's id (26 letters and digits) or "team:channel", with
// or without "channel_", "group_" or "private_" before it.
func (s *Sender) CheckChannel(channel string) error {
	if s.bot() && !channelShape.MatchString(channel) {
		return fmt.Errorf("%q is neither the id of a Mattermost channel nor team:channel", channel)
	}
	return nil
}

func native(channel string) string { return channelShape.FindStringSubmatch(channel)[1] }

// channel gives the id of a channel. A name is asked for once, and again after its
// channel has refused us.
func (s *Sender) channel(ctx context.Context, name string) (string, error) {
	team, of, named := strings.Cut(name, ":")
	if !named {
		return name, nil
	}
	if id, ok := s.channels.Load(name); ok {
		return fmt.Sprint(id), nil
	}
	id, err := s.resolve(ctx, team, of)
	if err != nil {
		return "", fmt.Errorf("ask for the channel %s: %w", name, err)
	}
	s.channels.Store(name, id)
	return id, nil
}

func (s *Sender) resolve(ctx context.Context, team, name string) (string, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"teams/name/"+team+"/channels/name/"+name, "", nil)
	if err != nil {
		return "", retry.With(err) // nothing was said yet: no answer to a question is no doubt
	}
	var found struct {
		ID string `json:"id"`
	}
	switch {
	case !answer.OK():
		return "", refusal(answer)
	case answer.Decode(&found) != nil || found.ID == "":
		return "", answer.Err("the answer names no channel")
	}
	return found.ID, nil
}
