// Package zulip tells Zulip channels and people as a bot. It writes Zulip's Markdown,
// which knows no escape: characters that would format are replaced by others that
// look like them. It reads nothing of what others say.
package zulip

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	// maxText and maxTopic are the server's limits in characters; it cuts what is
	// longer: https://zulip.com/api/send-message.
	maxText  = 10_000
	maxTopic = 60
	maxParts = 5 // messages that one may become; what is longer is cut
)

// Definition registers this chat as "zulip".
func Definition() chat.Definition { return chat.Define("zulip", New) }

// Config names the organisation and the bot.
type Config struct {
	URL    string      `yaml:"url"`
	Email  string      `yaml:"email"`
	APIKey secret.Text `yaml:"api_key"`
}

// Sender speaks for one bot.
type Sender struct {
	base  string // of the API
	key   secret.Text
	basic secret.Text // the bot's address and key, as the header wants them
	http  *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Splitter       = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
)

var emailShape = regexp.MustCompile(`^[^@:\s]+@[^@:\s]+$`)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckAddress(c.URL); err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	base, err := chat.Base(c.URL, "")
	if err != nil {
		return nil, errors.New("url holds a query or a fragment")
	}
	if !emailShape.MatchString(c.Email) {
		return nil, errors.New("email is not the address of a bot")
	}
	if err := chat.CheckToken(c.APIKey); err != nil {
		return nil, fmt.Errorf("api_key %w", err)
	}
	basic := base64.StdEncoding.EncodeToString([]byte(c.Email + ":" + c.APIKey.Reveal()))
	return &Sender{base: base + "/api/v1/", key: c.APIKey, basic: secret.New(basic), http: tools.HTTP}, nil
}

// Capabilities says that a bot reaches channels, and that messages of one thread
// stand under one topic. It may make 200 requests a minute:
// https://zulip.com/api/rest-error-handling#rate-limit-exceeded, and the server's
// default settings.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: true, Threads: true, Files: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 200, Per: time.Minute}}},
	}
}

// Parts says in how many messages d is said; its files go with the last.
func (*Sender) Parts(d chat.Delivery) int {
	parts, _ := pages(d)
	return len(parts)
}

// Preview gives the text of d's part.
func (*Sender) Preview(d chat.Delivery) string {
	said, _ := text(d, func(a chat.Attachment) (string, error) { return a.URL, nil })
	return said
}

// Probe asks whom the key belongs to.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"users/me", "", nil)
	if err != nil {
		return "", err
	}
	var who struct {
		Name  string `json:"full_name"`
		Email string `json:"email"`
	}
	switch decoded := json.Unmarshal(answer.Body, &who); {
	case !answer.OK():
		return "", refusal(answer, read(answer))
	case decoded != nil || who.Email == "":
		return "", answer.Err("the answer is not Zulip's")
	}
	return cmp.Or(who.Name, who.Email), nil
}

// Send posts one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := newTarget(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	content, err := text(d, func(a chat.Attachment) (string, error) { return s.attach(ctx, d, a) })
	if err != nil {
		return chat.Receipt{}, err
	}
	if content == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	form := to.form(d.Message)
	form.Set("content", content)
	answer, err := s.call(ctx, http.MethodPost, s.base+"messages", "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

func (s *Sender) call(ctx context.Context, method, address, contentType string, body []byte) (chat.Answer, error) {
	header := http.Header{"Authorization": {"Basic " + s.basic.Reveal()}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return chat.Post(ctx, s.http, chat.Call{
		Method: method, URL: address, Header: header, Body: body, Secrets: []secret.Text{s.key, s.basic},
	})
}

// target is where a message goes: a channel and perhaps its topic, or people.
type target struct {
	people  string // as JSON
	channel string // as JSON
	topic   string
}

var (
	peopleShape  = regexp.MustCompile(`^(?:direct|private)_([0-9]{1,18}(?:,[0-9]{1,18})*)$`)
	channelShape = regexp.MustCompile(`^(?:(?:channel|stream|group)_)?([^:]+)(?::(.+))?$`)
	number       = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)
)

// CheckChannel takes a channel's name or id, with or without ":" and a topic, or
// "direct_" and the ids of users. What a chat key cannot hold is percent-encoded:
// "build%20farm".
func (*Sender) CheckChannel(channel string) error {
	_, err := newTarget(channel)
	return err
}

func newTarget(channel string) (target, error) {
	if match := peopleShape.FindStringSubmatch(channel); match != nil {
		return target{people: "[" + match[1] + "]"}, nil
	}
	match := channelShape.FindStringSubmatch(channel)
	if match == nil || strings.HasPrefix(channel, "direct_") || strings.HasPrefix(channel, "private_") {
		return target{}, fmt.Errorf("%q is neither channel, channel:topic nor direct_ and ids of users", channel)
	}
	name, err := url.PathUnescape(match[1])
	topic, alsoErr := url.PathUnescape(match[2])
	if err != nil || alsoErr != nil {
		return target{}, fmt.Errorf("%q has a %% that no two digits follow", channel)
	}
	if number.MatchString(name) {
		return target{channel: name, topic: topic}, nil
	}
	return target{channel: string(chat.JSON(name)), topic: topic}, nil
}

// form says where a message goes. Without a topic of its own, a channel hears of
// each thread under that thread's, else under the title.
func (t target) form(m chat.Message) url.Values {
	if t.people != "" {
		return url.Values{"type": {"direct"}, "to": {t.people}}
	}
	topic := cmp.Or(t.topic, chat.Message{Title: m.Thread}.Clean().Title, m.Clean().Title, "Postern")
	return url.Values{"type": {"stream"}, "to": {t.channel}, "topic": {chat.Cut(topic, maxTopic, chat.Runes)}}
}
