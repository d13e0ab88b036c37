// Package onebot_v11 tells QQ groups and users through a OneBot v11 server. It
// sends an array of segments, so that text can hold no CQ code, and knows no
// markup.
package onebot_v11

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxText is what every implementation takes, in characters.
const maxText = 3000

// Definition registers this chat as "onebot_v11".
func Definition() chat.Definition { return chat.Define("onebot_v11", New) }

// Config names the server.
type Config struct {
	URL         string      `yaml:"url"`
	AccessToken secret.Text `yaml:"access_token"` // none: the server asks for none
}

// Sender speaks for one QQ account.
type Sender struct {
	base  string
	token secret.Text
	http  *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckAddress(c.URL); err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	base, err := chat.Base(c.URL, "")
	if err != nil {
		return nil, errors.New("url holds a query or a fragment")
	}
	if c.AccessToken != (secret.Text{}) {
		if err := chat.CheckToken(c.AccessToken); err != nil {
			return nil, fmt.Errorf("access_token %w", err)
		}
	}
	return &Sender{base: base, token: c.AccessToken, http: tools.HTTP}, nil
}

// Capabilities asks for calm: QQ locks accounts that speak in bursts.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Channels: true}
}

var channelShape = regexp.MustCompile(`^(group|private)_([0-9]{1,19})$`)

// CheckChannel takes group_ or private_ and a QQ number.
func (*Sender) CheckChannel(channel string) error {
	_, err := newTarget(channel)
	return err
}

// target is where a message goes: an action and its number.
type target struct {
	group bool
	id    int64
}

func newTarget(channel string) (target, error) {
	match := channelShape.FindStringSubmatch(channel)
	if match == nil {
		return target{}, fmt.Errorf("%q is neither group_ nor private_ and a QQ number", channel)
	}
	id, err := strconv.ParseInt(match[2], 10, 64)
	if err != nil || id == 0 {
		return target{}, fmt.Errorf("%q holds no QQ number", channel)
	}
	return target{group: match[1] == "group", id: id}, nil
}

func (t target) action() string {
	if t.group {
		return "/send_group_msg"
	}
	return "/send_private_msg"
}

type payload struct {
	GroupID int64     `json:"group_id,omitempty"`
	UserID  int64     `json:"user_id,omitempty"`
	Message []segment `json:"message"`
}

type segment struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := newTarget(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	p := payload{Message: segments(d.Message, to.group)}
	if len(p.Message) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	if to.group {
		p.GroupID = to.id
	} else {
		p.UserID = to.id
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if !s.token.Empty() {
		header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.base + to.action(), Header: header, Body: chat.JSON(p), Secrets: []secret.Text{s.token},
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

var number = regexp.MustCompile(`^[0-9]{1,19}$`)

// segments are the pings that the config asks for, in groups, and one text.
func segments(m chat.Message, group bool) []segment {
	var out []segment
	for _, name := range m.Mentions {
		if group && (name == "all" || number.MatchString(name)) {
			out = append(out, segment{Type: "at", Data: map[string]string{"qq": name}})
		}
	}
	render := func(m chat.Message) string { return m.Flow().String() }
	m = chat.Fit(m.Clean().Unstyled(), maxText, chat.Runes, render)
	text := render(m)
	if text == "" {
		return out
	}
	if len(out) > 0 {
		text = "\n" + text
	}
	return append(out, segment{Type: "text", Data: map[string]string{"text": text}})
}
