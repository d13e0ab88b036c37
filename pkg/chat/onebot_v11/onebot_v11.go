// Package onebot_v11 tells QQ groups and users through a OneBot v11 server. It
// sends an array of segments, so that text can hold no CQ code, and knows no
// markup.
package onebot_v11

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	maxText  = 3000    // characters that every implementation takes
	maxParts = 3       // messages that one may become; what is longer is cut
	maxFiles = 3       // images in one message
	maxFile  = 4 << 20 // bytes of one, before base64
)

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
	_ chat.Splitter       = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
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

// Capabilities asks for calm: QQ locks accounts that speak in bursts. The rate is
// what implementations advise, no written limit.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.PlainText, Channels: true, Files: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 2, Per: 3 * time.Second}}},
	}
}

// Parts says in how many messages d is said.
func (*Sender) Parts(d chat.Delivery) int {
	parts, _ := pages(d.Message.Linked())
	return len(parts)
}

// Probe asks which QQ account the server speaks for.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := chat.Post(ctx, s.http, s.call("/get_login_info", []byte("{}")))
	if err != nil {
		return "", err
	}
	if _, err := judge(answer); err != nil {
		return "", err
	}
	var who struct {
		Data struct {
			UserID   json.Number `json:"user_id"`
			Nickname string      `json:"nickname"`
		} `json:"data"`
	}
	if answer.Decode(&who) != nil || who.Data.UserID == "" {
		return "", answer.Err("the answer is not OneBot's")
	}
	return strings.TrimSpace(who.Data.Nickname + " " + who.Data.UserID.String()), nil
}

// call is one action of the server's.
func (s *Sender) call(action string, body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json"}}
	if !s.token.Empty() {
		header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	return chat.Call{URL: s.base + action, Header: header, Body: body, Secrets: []secret.Text{s.token}}
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
	p := payload{Message: s.segments(ctx, d, to.group)}
	if len(p.Message) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	if to.group {
		p.GroupID = to.id
	} else {
		p.UserID = to.id
	}
	answer, err := chat.Post(ctx, s.http, s.call(to.action(), chat.JSON(p)))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

var number = regexp.MustCompile(`^[0-9]{1,19}$`)

// pages parts m by what every implementation takes.
func pages(m chat.Message) ([]chat.Message, func(chat.Message) string) {
	render := func(m chat.Message) string { return m.Flow().String() }
	return chat.Split(m.Clean().Unstyled(), maxParts, maxText, chat.Runes, render), render
}

// segments are the pings that the config asks for, in groups, one text, and the
// images behind the last of it.
func (s *Sender) segments(ctx context.Context, d chat.Delivery, group bool) []segment {
	parts, render := pages(d.Message.Linked())
	var files []chat.File
	if d.Part >= len(parts)-1 {
		var m chat.Message
		files, m = d.Files(ctx, d.Message, maxFiles, maxFile, chat.Attachment.Image)
		if filed, _ := pages(m); len(filed) == len(parts) { // else Parts has counted others: links and files
			parts = filed
		}
	}
	part := d.Page(parts)
	var out []segment
	for _, name := range part.Mentions {
		if group && (name == "all" || number.MatchString(name)) {
			out = append(out, segment{Type: "at", Data: map[string]string{"qq": name}})
		}
	}
	if text := render(part); text != "" {
		if len(out) > 0 {
			text = "\n" + text
		}
		out = append(out, segment{Type: "text", Data: map[string]string{"text": text}})
	}
	for _, f := range files {
		out = append(out, segment{Type: "image", Data: map[string]string{"file": "base64://" + base64.StdEncoding.EncodeToString(f.Data)}})
	}
	return out
}
