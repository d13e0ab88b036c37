// Package googlechat tells a Google Chat space by its incoming webhook. It sends
// one text in Chat's own markup; it uploads nothing, edits nothing and makes no
// cards.
package googlechat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxBody is how large a request may be, in bytes. Chat's limit of 32,000 counts
// what a message holds:
// https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create.
const maxBody = 31_900

// replying lets a message stand in its thread, and begin it where there is none.
const replying = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"

// Definition registers this chat as "googlechat".
func Definition() chat.Definition { return chat.Define("googlechat", New) }

// Config names the webhook.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"` // holds a key and a token
	APIURL     string      `yaml:"api_url"`     // in the place of its host
}

// Sender speaks for one webhook.
type Sender struct {
	url  secret.Text
	http *http.Client
}

var (
	_ chat.Sender    = (*Sender)(nil)
	_ chat.Previewer = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	address, err := chat.Hook(c.WebhookURL, c.APIURL)
	if err != nil {
		return nil, err
	}
	return &Sender{url: secret.New(address), http: tools.HTTP}, nil
}

// Capabilities says that requestId tells doubles, and that a space takes one
// message a second and sixty a minute, from all that write to it:
// https://developers.google.com/workspace/chat/limits.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Idempotent: true, Threads: true,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 1, Per: time.Second}, {Count: 60, Per: time.Minute}}},
	}
}

// Preview gives the text in Chat's markup.
func (*Sender) Preview(d chat.Delivery) string { return compose(d).Text }

type payload struct {
	Text   string  `json:"text"`
	Thread *thread `json:"thread,omitempty"`
}

type thread struct {
	Key string `json:"threadKey"`
}

// compose cuts d by what the whole request may measure.
func compose(d chat.Delivery) payload {
	m, write := d.Message.Clean().Linked(), markup().Write
	if d.Plain {
		m, write = m.Unstyled(), chat.Dialect{Escape: broken}.Write
	}
	build := func(m chat.Message) payload {
		p := payload{Text: text(m, write)}
		if m.Thread != "" {
			p.Thread = &thread{Key: digest(m.Thread)} // a stranger's word of any length
		}
		return p
	}
	return build(chat.Fit(m, maxBody, chat.Bytes, func(m chat.Message) string { return string(chat.JSON(build(m))) }))
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	p := compose(d)
	if p.Text == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL:    s.address(d.Key(), p.Thread != nil),
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body:   chat.JSON(p),
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// address is the webhook's URL as it is, with what this message needs behind it.
// A webhook calls the same method as an app does, where a known requestId gives
// the first message again and makes no second one.
func (s *Sender) address(key string, threaded bool) string {
	u, err := url.Parse(s.url.Reveal())
	if err != nil {
		return s.url.Reveal() // New has parsed it
	}
	more := url.Values{"requestId": {digest(key)}}
	if threaded && !u.Query().Has("messageReplyOption") {
		more.Set("messageReplyOption", replying)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += more.Encode()
	return u.String()
}

// digest makes a short key of any text: 32 hex digits.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
