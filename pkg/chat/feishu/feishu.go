// Package feishu tells Feishu (Lark) chats: one group by its custom bot's
// webhook, or as an app's bot wherever it is a member. It sends a card, or text
// where a card is refused, and as an app images; it edits nothing.
package feishu

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "feishu".
func Definition() chat.Definition { return chat.Define("feishu", New) }

// Config has either a custom bot's webhook or an app's credentials.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	Secret     secret.Text `yaml:"secret"` // with webhook_url, where the bot checks signatures
	AppID      string      `yaml:"app_id"` // cli_...
	AppSecret  secret.Text `yaml:"app_secret"`
	APIURL     string      `yaml:"api_url"` // in the place of https://open.feishu.cn (Lark: https://open.larksuite.com), or of webhook_url's host
}

// Sender speaks for one custom bot or one app.
type Sender struct {
	hook   secret.Text // the whole URL, or empty: an app
	secret secret.Text
	app    *app
	http   *http.Client
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
	isApp := c.AppID != "" || c.AppSecret != none
	if (c.WebhookURL != none) == isApp {
		return nil, errors.New("needs exactly one of webhook_url and app_id with app_secret")
	}
	if isApp {
		return newAppSender(c, tools)
	}
	address, err := chat.Hook(c.WebhookURL, c.APIURL)
	if err != nil {
		return nil, err
	}
	if c.Secret != none {
		if err := chat.CheckToken(c.Secret); err != nil {
			return nil, fmt.Errorf("secret %w", err)
		}
	}
	return &Sender{hook: secret.New(address), secret: c.Secret, http: tools.HTTP}, nil
}

var appID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func newAppSender(c Config, tools chat.Tools) (*Sender, error) {
	if c.Secret != (secret.Text{}) {
		return nil, errors.New("secret goes with webhook_url; an app has app_secret")
	}
	if !appID.MatchString(c.AppID) {
		return nil, errors.New("app_id is missing, or not like cli_a1b2c3")
	}
	if err := chat.CheckToken(c.AppSecret); err != nil {
		return nil, fmt.Errorf("app_secret %w", err)
	}
	base, err := chat.Base(c.APIURL, "https://open.feishu.cn")
	if err != nil {
		return nil, err
	}
	return &Sender{app: newApp(base, c, tools.HTTP), http: tools.HTTP}, nil
}

// Capabilities says that an app reaches chats, and its uuid tells doubles for an
// hour. A custom bot may speak five times a second and a hundred times a minute:
// https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot; an app fifty
// times a second and a thousand times a minute, five times a second in one chat:
// https://open.feishu.cn/document/server-docs/im-v1/message/create.
func (s *Sender) Capabilities() chat.Capabilities {
	five := chat.Rate{Count: 5, Per: time.Second}
	if s.app == nil {
		return chat.Capabilities{
			Markup: chat.Rich,
			Limits: chat.Limits{Chat: []chat.Rate{five, {Count: 100, Per: time.Minute}}},
		}
	}
	return chat.Capabilities{
		Markup: chat.Rich, Channels: true, Idempotent: true, Files: true,
		Limits: chat.Limits{
			Chat:    []chat.Rate{five},
			Account: []chat.Rate{{Count: 50, Per: time.Second}, {Count: 1000, Per: time.Minute}},
		},
	}
}

// CheckChannel takes a chat's id (oc_...), a user's (ou_..., on_... or a mail
// address), with or without "group_" or "private_" before it, and behind
// "private_" also the user id that a company gives.
func (s *Sender) CheckChannel(channel string) error {
	if s.app == nil {
		return nil
	}
	_, _, err := receiver(channel)
	return err
}

var nativeID = regexp.MustCompile(`^[A-Za-z0-9_.@+-]+$`)

// receiver gives an id and of which kind it is, in Feishu's words.
func receiver(channel string) (kind, id string, err error) {
	id, private := strings.CutPrefix(channel, "private_")
	if !private {
		id = strings.TrimPrefix(id, "group_")
	}
	if !nativeID.MatchString(id) {
		return "", "", fmt.Errorf("%q is no Feishu chat", channel)
	}
	switch {
	case strings.HasPrefix(id, "oc_"):
		return "chat_id", id, nil
	case strings.HasPrefix(id, "ou_"):
		return "open_id", id, nil
	case strings.HasPrefix(id, "on_"):
		return "union_id", id, nil
	case strings.Contains(id, "@"):
		return "email", id, nil
	case private:
		return "user_id", id, nil
	}
	return "", "", fmt.Errorf("%q is no Feishu chat: its id begins with none of oc_, ou_, on_", channel)
}

// Parts says in how many messages d is said: one, and an app's images.
func (s *Sender) Parts(d chat.Delivery) int {
	images, _ := s.apart(d.Message)
	return 1 + len(images)
}

// Send posts one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	images, rest := s.apart(d.Message)
	if a, ok := d.File(images, 1); ok {
		return s.app.sendImage(ctx, d, a)
	}
	d.Message = rest
	c := compose(d)
	if c.empty {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	if s.app != nil {
		return s.app.send(ctx, d, c)
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.hook.Reveal(), Header: http.Header{"Content-Type": {jsonType}},
		Body: chat.JSON(s.signed(c, time.Now())), Secrets: []secret.Text{s.secret},
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// Probe asks which bot an app is. A custom bot cannot be asked.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if s.app == nil {
		return "", chat.ErrNoProbe
	}
	return s.app.probe(ctx)
}
