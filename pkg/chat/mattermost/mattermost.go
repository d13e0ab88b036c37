// Package mattermost tells Mattermost channels, by an incoming webhook or as a bot.
// It writes Mattermost's Markdown, and what is a warning or worse as an attachment
// in its colour. A bot uploads files. It follows no thread.
package mattermost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	// maxText is the longest message, in characters: a longer one is refused of a
	// bot, and torn apart of a webhook.
	maxText  = 16383
	maxParts = 5 // messages that one may become; what is longer is cut
	// keyLen is how much of a hash makes a pending post's id.
	keyLen = 26
)

// Definition registers this chat as "mattermost".
func Definition() chat.Definition { return chat.Define("mattermost", New) }

// Config has either the URL of an incoming webhook, or a server and a bot's token.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	URL        string      `yaml:"url"` // with token: the server's
	Token      secret.Text `yaml:"token"`
}

// Sender speaks for one webhook or one bot.
type Sender struct {
	hook     secret.Text // the whole URL, or empty: a bot
	base     string      // of the API
	token    secret.Text
	http     *http.Client
	channels *sync.Map // the ids of channels, by team and name
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Splitter       = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	var none secret.Text
	if (c.WebhookURL != none) == (c.Token != none) {
		return nil, errors.New("needs exactly one of webhook_url and token")
	}
	if c.Token != none {
		return newBot(c, tools)
	}
	if c.URL != "" {
		return nil, errors.New("url goes with token; webhook_url is used as it is")
	}
	if err := chat.CheckAddress(c.WebhookURL.Reveal()); err != nil {
		return nil, fmt.Errorf("webhook_url %w", err)
	}
	return &Sender{hook: c.WebhookURL, http: tools.HTTP}, nil
}

func newBot(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckAddress(c.URL); err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	base, err := chat.Base(c.URL, "")
	if err != nil {
		return nil, errors.New("url holds a query or a fragment")
	}
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	return &Sender{base: base + "/api/v4/", token: c.Token, http: tools.HTTP, channels: &sync.Map{}}, nil
}

func (s *Sender) bot() bool { return s.hook.Empty() }

// Capabilities says that a bot reaches channels; a webhook is one. A server that
// limits its callers lets them have ten requests a second:
// https://docs.mattermost.com/configure/rate-limiting-configuration-settings.html.
// It knows a post that is sent twice for 30 seconds only, and only on the node that
// took the first, which is not long enough to rely on.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: s.bot(), Files: s.bot(),
		Limits: chat.Limits{Account: []chat.Rate{{Count: 10, Per: time.Second}}},
	}
}

// Parts says in how many messages d is said; its files go with the last.
func (*Sender) Parts(d chat.Delivery) int {
	parts, _ := pages(d)
	return len(parts)
}

// Preview gives the message, and below it what stands in a colour.
func (*Sender) Preview(d chat.Delivery) string {
	text, below := say(d)
	shown := []string{text}
	for _, a := range below {
		shown = append(shown, a.Text)
	}
	return strings.TrimSpace(strings.Join(shown, "\n"))
}

// Probe asks whom the token belongs to. A webhook cannot be asked.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if !s.bot() {
		return "", chat.ErrNoProbe
	}
	answer, err := s.call(ctx, http.MethodGet, s.base+"users/me", "", nil)
	if err != nil {
		return "", err
	}
	var who struct {
		Username string `json:"username"`
	}
	switch decoded := json.Unmarshal(answer.Body, &who); {
	case !answer.OK():
		return "", refusal(answer)
	case decoded != nil || who.Username == "":
		return "", answer.Err("the answer is not Mattermost's")
	}
	return "@" + who.Username, nil
}

// post is a message as a webhook takes it, or as a bot creates it.
type post struct {
	Text        string       `json:"text,omitempty"` // of a webhook
	Attachments []attachment `json:"attachments,omitempty"`

	Channel string   `json:"channel_id,omitempty"` // and all behind it of a bot
	Message string   `json:"message,omitempty"`
	Pending string   `json:"pending_post_id,omitempty"`
	Props   *props   `json:"props,omitempty"`
	Files   []string `json:"file_ids,omitempty"`
}

type props struct {
	Attachments []attachment `json:"attachments"`
}

// Send posts one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	if s.bot() {
		return s.create(ctx, d)
	}
	text, below := say(d)
	if text == "" && len(below) == 0 {
		return chat.Receipt{}, errEmpty()
	}
	answer, err := s.call(ctx, http.MethodPost, s.hook.Reveal(), asJSON, chat.JSON(post{Text: text, Attachments: below}))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judgeHook(answer)
}

func errEmpty() error { return retry.Never(errors.New("the message is empty")) }

// create posts as a bot.
func (s *Sender) create(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if text, below := say(d); text == "" && len(below) == 0 {
		return chat.Receipt{}, errEmpty()
	}
	channel, err := s.channel(ctx, native(d.Channel))
	if err != nil {
		return chat.Receipt{}, err
	}
	files, d, err := s.attach(ctx, d, channel)
	if err != nil {
		return chat.Receipt{}, err
	}
	text, below := say(d)
	p := post{Channel: channel, Message: text, Pending: pending(d.Key()), Files: files}
	if len(below) > 0 {
		p.Props = &props{below}
	}
	answer, err := s.call(ctx, http.MethodPost, s.base+"posts", asJSON, chat.JSON(p))
	if err != nil {
		return chat.Receipt{}, err
	}
	receipt, err := judgeBot(answer)
	if retry.AdviceOn(err).Broken {
		s.channels.Delete(native(d.Channel)) // the name may be another channel's by now
	}
	return receipt, err
}

// pending is the same at every attempt and differs between notifications and their
// parts: a server that still remembers it gives the post that is there.
func pending(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])[:keyLen]
}

const asJSON = "application/json"

func (s *Sender) call(ctx context.Context, method, address, contentType string, body []byte) (chat.Answer, error) {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	if s.bot() {
		header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	return chat.Post(ctx, s.http, chat.Call{
		Method: method, URL: address, Header: header, Body: body, Secrets: []secret.Text{s.token},
	})
}
