// Package dingtalk tells a DingTalk group through its custom robot. It sends
// Markdown, signed where the robot asks for it; it uploads nothing, edits
// nothing and reaches no chat but the robot's own.
package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	// maxBody is how large a request may be, in bytes: DingTalk refuses one of
	// more than 20,000.
	maxBody = 19_900
	// maxTitle is how much of the title shows in the list of chats, in characters.
	maxTitle = 100
)

// Definition registers this chat as "dingtalk".
func Definition() chat.Definition { return chat.Define("dingtalk", New) }

// Config names the robot.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"` // holds its access_token
	Secret     secret.Text `yaml:"secret"`      // SEC...; none: the robot checks keywords or addresses instead
	APIURL     string      `yaml:"api_url"`     // in the place of webhook_url's host
}

// Sender speaks for one robot.
type Sender struct {
	url    secret.Text
	secret secret.Text
	http   *http.Client
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
	if c.Secret != (secret.Text{}) {
		if err := chat.CheckToken(c.Secret); err != nil {
			return nil, fmt.Errorf("secret %w", err)
		}
	}
	return &Sender{url: secret.New(address), secret: c.Secret, http: tools.HTTP}, nil
}

// Capabilities says how little a robot may say: twenty messages a minute, or it
// is silent for ten: https://open.dingtalk.com/document/robots/custom-robot-access.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 20, Per: time.Minute}}},
	}
}

// Preview gives the text in DingTalk's Markdown.
func (*Sender) Preview(d chat.Delivery) string { return compose(d).text() }

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	p := compose(d)
	if p.text() == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL:    s.signed(time.Now()),
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body:   chat.JSON(p), Secrets: []secret.Text{s.secret},
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return chat.Receipt{}, judge(answer)
}

// signed is the robot's URL as it is, with this attempt's time and signature
// behind what it holds.
func (s *Sender) signed(now time.Time) string {
	raw := s.url.Reveal()
	if s.secret.Empty() {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return raw // New has parsed it
	}
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.Values{"timestamp": {stamp}, "sign": {sign(s.secret, stamp)}}.Encode()
	return u.String()
}

// sign is what the robot's secret says of a time in milliseconds.
func sign(key secret.Text, stamp string) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp + "\n" + key.Reveal()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
