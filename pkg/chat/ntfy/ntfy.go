// Package ntfy tells the subscribers of ntfy topics. It publishes JSON, so that
// nothing of a message becomes a header but what goes with a file, and says plain
// text.
package ntfy

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "ntfy".
func Definition() chat.Definition { return chat.Define("ntfy", New) }

// Config names the server, and who publishes: an access token, a user, or
// nobody.
type Config struct {
	URL      string      `yaml:"url"` // https://ntfy.sh, or a server of one's own
	Token    secret.Text `yaml:"token"`
	User     string      `yaml:"user"`
	Password secret.Text `yaml:"password"`
	Topic    secret.Text `yaml:"topic"` // the only one; where a topic is open, its name is its password
}

// Sender publishes on one server.
type Sender struct {
	base       string
	topic      secret.Text // empty: the channel names it
	scheme     string      // of the Authorization header; empty: there is none
	credential secret.Text
	secrets    []secret.Text
	http       *http.Client
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
	var none secret.Text
	if c.Topic != none && !topicShape.MatchString(c.Topic.Reveal()) {
		return nil, errors.New("topic is not like [A-Za-z0-9_-], 1 to 64 of them")
	}
	scheme, credential, err := authorization(c)
	if err != nil {
		return nil, err
	}
	return &Sender{
		base: base, topic: c.Topic, scheme: scheme, credential: credential, http: tools.HTTP,
		secrets: secret.NonEmpty([]secret.Text{credential, c.Password, c.Topic}),
	}, nil
}

// authorization gives the two words of the header; neither where nobody is named.
func authorization(c Config) (scheme string, credential secret.Text, err error) {
	var none secret.Text
	switch {
	case c.Token != none && (c.User != "" || c.Password != none):
		return "", none, errors.New("token and user are two ways to say who publishes: write one of them")
	case c.Token != none:
		if err := chat.CheckToken(c.Token); err != nil {
			return "", none, fmt.Errorf("token %w", err)
		}
		return "Bearer", c.Token, nil
	case c.User == "" && c.Password == none:
		return "", none, nil
	case c.User == "" || c.Password.Empty():
		return "", none, errors.New("user and password go together")
	}
	pair := c.User + ":" + c.Password.Reveal()
	return "Basic", secret.New(base64.StdEncoding.EncodeToString([]byte(pair))), nil
}

// Capabilities says that a visitor may publish 60 messages at once, and one every
// five seconds after that: https://docs.ntfy.sh/publish/#limitations.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.PlainText, Channels: s.topic.Empty(), Files: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 60, Per: fiveMinutes}}},
	}
}

var topicShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CheckChannel takes a topic, with or without "topic_" before it. A topic that
// itself begins so is written with it twice.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.to(channel)
	return err
}

// to gives the topic of a channel.
func (s *Sender) to(channel string) (string, error) {
	if !s.topic.Empty() {
		return s.topic.Reveal(), nil
	}
	topic := strings.TrimPrefix(channel, "topic_")
	if !topicShape.MatchString(topic) {
		return "", fmt.Errorf("%q is no ntfy topic", channel)
	}
	return topic, nil
}

// Parts says in how many messages d is said: one, and its files.
func (*Sender) Parts(d chat.Delivery) int {
	files, _ := apart(d.Message)
	return 1 + len(files)
}

// Send publishes one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	topic, err := s.to(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	files, rest := apart(d.Message)
	if a, ok := d.File(files, 1); ok {
		if receipt, attached, err := s.attach(ctx, d, topic, a); attached {
			return receipt, err
		}
		rest = linked(d, a)
	}
	d.Message = rest
	return s.publish(ctx, compose(d, topic))
}

func (s *Sender) publish(ctx context.Context, p payload) (chat.Receipt, error) {
	if p.Message == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodPost, "/", chat.JSON(p)))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// call is one request to the server.
func (s *Sender) call(method, path string, body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json"}}
	if s.scheme != "" {
		header.Set("Authorization", s.scheme+" "+s.credential.Reveal())
	}
	return chat.Call{Method: method, URL: s.base + path, Header: header, Body: body, Secrets: s.secrets}
}

// Probe asks whom the server takes us for. Whether that somebody may publish to a
// topic shows only when something is published.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodGet, "/v1/account", nil))
	if err != nil {
		return "", err
	}
	if !answer.OK() {
		_, err := judge(answer)
		return "", err
	}
	var who struct {
		Username string `json:"username"`
	}
	switch err := answer.Decode(&who); {
	case err != nil || who.Username == "":
		return "", answer.Err("the answer is not ntfy's")
	case who.Username == "*":
		return "anybody", nil
	}
	return who.Username, nil
}
