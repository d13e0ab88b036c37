// Package pushover tells Pushover users and groups, as one application. It says
// plain text, and uploads one image.
package pushover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxFile is the largest image that Pushover takes, in bytes:
// https://pushover.net/api#attachments.
const maxFile = 5_242_880

// Definition registers this chat as "pushover".
func Definition() chat.Definition { return chat.Define("pushover", New) }

// Config names the application.
type Config struct {
	Token  secret.Text `yaml:"token"`
	User   secret.Text `yaml:"user"` // the only user or group; without it, the channel names one
	APIURL string      `yaml:"api_url"`
	// Emergency lets what is critical ring until somebody acknowledges it.
	Emergency bool `yaml:"emergency"`
}

// Sender speaks for one application.
type Sender struct {
	base      string
	token     secret.Text
	user      secret.Text // empty: the channel names one
	emergency bool
	http      *http.Client
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
	var none secret.Text
	if c.User != none && !keyShape.MatchString(c.User.Reveal()) {
		return nil, errors.New("user is no key of a user or group: 30 letters and digits")
	}
	base, err := chat.Base(c.APIURL, "https://api.pushover.net")
	if err != nil {
		return nil, err
	}
	return &Sender{base: base, token: c.Token, user: c.User, emergency: c.Emergency, http: tools.HTTP}, nil
}

// Capabilities says that an application reaches every user whose key is known. The
// rate keeps to the two connections at a time that Pushover asks for:
// https://pushover.net/api#friendly.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.PlainText, Channels: s.user.Empty(), Files: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 2, Per: time.Second}}},
	}
}

var (
	keyShape     = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)
	channelShape = regexp.MustCompile(`^(?:(?:private|group)_)?([A-Za-z0-9]{30})$`)
)

// CheckChannel takes the key of a user or group, with or without "private_" or
// "group_" before it.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.to(channel)
	return err
}

// to gives the key of a channel.
func (s *Sender) to(channel string) (string, error) {
	if !s.user.Empty() {
		return s.user.Reveal(), nil
	}
	match := channelShape.FindStringSubmatch(channel)
	if match == nil {
		return "", fmt.Errorf("%q is no key of a Pushover user or group", channel)
	}
	return match[1], nil
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	user, err := s.to(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	files, m := d.Files(ctx, d.Message, 1, maxFile, chat.Attachment.Image)
	fields := s.compose(m, d.Plain, user)
	if fields == nil {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	contentType, body := encode(d.Key(), fields, files)
	answer, err := chat.Post(ctx, s.http, s.call("/1/messages.json", contentType, body))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer, time.Now())
}

func (s *Sender) call(path, contentType string, body []byte) chat.Call {
	return chat.Call{
		URL: s.base + path, Header: http.Header{"Content-Type": {contentType}}, Body: body,
		Secrets: secret.NonEmpty([]secret.Text{s.token, s.user}),
	}
}

// Probe asks how many messages the application has left and, where the config
// names the user, whether they can be reached.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if !s.user.Empty() {
		form := url.Values{"token": {s.token.Reveal()}, "user": {s.user.Reveal()}}
		c := s.call("/1/users/validate.json", "application/x-www-form-urlencoded", []byte(form.Encode()))
		return probed(chat.Post(ctx, s.http, c))
	}
	c := s.call("/1/apps/limits.json?token="+url.QueryEscape(s.token.Reveal()), "application/json", nil)
	c.Method = http.MethodGet
	return probed(chat.Post(ctx, s.http, c))
}

func probed(a chat.Answer, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if _, err := judge(a, time.Now()); !a.OK() {
		return "", err
	}
	var who struct {
		Status    int      `json:"status"`
		Remaining *int     `json:"remaining"`
		Devices   []string `json:"devices"`
	}
	switch err := json.Unmarshal(a.Body, &who); {
	case err != nil || who.Status != 1:
		return "", a.Err("the answer is not Pushover's")
	case who.Remaining != nil:
		return "an application with " + strconv.Itoa(*who.Remaining) + " messages left this month", nil
	}
	return "a user with " + strconv.Itoa(len(who.Devices)) + " devices", nil
}
