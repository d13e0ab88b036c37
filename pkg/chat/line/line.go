// Package line tells LINE users, groups and rooms, as an official account. It
// pushes plain text and uploads nothing.
package line

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "line".
func Definition() chat.Definition { return chat.Define("line", New) }

// Config names the official account.
type Config struct {
	Token  secret.Text `yaml:"token"`   // the channel access token
	To     string      `yaml:"to"`      // the only user, group or room; without it, the channel names one
	APIURL string      `yaml:"api_url"` // in the place of https://api.line.me
}

// Sender speaks for one official account.
type Sender struct {
	base  string
	token secret.Text
	only  string // empty: the channel names it
	http  *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	base, err := chat.Base(c.APIURL, "https://api.line.me")
	if err != nil {
		return nil, err
	}
	s := &Sender{base: base, token: c.Token, http: tools.HTTP}
	if c.To != "" {
		if s.only, err = s.to(c.To); err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
	}
	return s, nil
}

// Capabilities says that LINE knows a push again by its retry key, for 24 hours
// (https://developers.line.biz/en/docs/messaging-api/retrying-api-request/), and
// takes 2,000 a second: https://developers.line.biz/en/reference/messaging-api/#rate-limits.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.PlainText, Channels: s.only == "", Idempotent: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 2000, Per: time.Second}}},
	}
}

var channelShape = regexp.MustCompile(`^(?:(?:private|group|room)_)?([UCR][0-9a-f]{32})$`)

// CheckChannel takes the id of a user (U...), group (C...) or room (R...), with or
// without "private_", "group_" or "room_" before it.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.to(channel)
	return err
}

// to gives the id of a channel.
func (s *Sender) to(channel string) (string, error) {
	if s.only != "" {
		return s.only, nil
	}
	match := channelShape.FindStringSubmatch(channel)
	if match == nil {
		return "", fmt.Errorf("%q is no LINE id: U, C or R and 32 hex digits", channel)
	}
	return match[1], nil
}

// Send pushes d: all of it in one request, so that all of it is taken or nothing.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := s.to(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	p := compose(d, to)
	if len(p.Messages) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	c := s.call(http.MethodPost, "/v2/bot/message/push", chat.JSON(p))
	c.Header.Set("X-Line-Retry-Key", retryKey(d.Key()))
	answer, err := chat.Post(ctx, s.http, c)
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

func (s *Sender) call(method, path string, body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + s.token.Reveal()}}
	return chat.Call{Method: method, URL: s.base + path, Header: header, Body: body, Secrets: []secret.Text{s.token}}
}

// retryKey makes a UUID of a delivery's key, in the shape of one that is made by
// hashing (version 8).
func retryKey(key string) string {
	id := sha256.Sum256([]byte(key))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// Probe asks which official account the token is of.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodGet, "/v2/bot/info", nil))
	if err != nil {
		return "", err
	}
	if !answer.OK() {
		_, err := judge(answer)
		return "", err
	}
	var who struct {
		BasicID     string `json:"basicId"`
		DisplayName string `json:"displayName"`
	}
	if json.Unmarshal(answer.Body, &who) != nil || who.BasicID == "" {
		return "", answer.Err("the answer is not LINE's")
	}
	return who.DisplayName + " (" + who.BasicID + ")", nil
}
