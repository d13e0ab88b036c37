// Package wecom tells a WeCom (WeChat Work) group through its robot. It sends
// WeCom's small Markdown, and images; it edits nothing and reaches no chat but the
// robot's own.
package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "wecom".
func Definition() chat.Definition { return chat.Define("wecom", New) }

// Config names the robot. WeCom signs nothing: its one secret is the robot's key.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	Secret     secret.Text `yaml:"secret"`  // the key, where webhook_url holds none
	APIURL     string      `yaml:"api_url"` // in the place of webhook_url's host
}

// Sender speaks for one robot.
type Sender struct {
	url    secret.Text
	secret secret.Text // also where the URL holds another key: no error shows it
	http   *http.Client
}

var (
	_ chat.Sender    = (*Sender)(nil)
	_ chat.Splitter  = (*Sender)(nil)
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
	if address, err = keyed(address, c.Secret); err != nil {
		return nil, fmt.Errorf("webhook_url %w", err)
	}
	return &Sender{url: secret.New(address), secret: c.Secret, http: tools.HTTP}, nil
}

// keyed is the robot's URL with its key in it.
func keyed(address string, key secret.Text) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("is no URL")
	}
	if key.Empty() || u.Query().Has("key") {
		return address, nil
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "key=" + url.QueryEscape(key.Reveal())
	return u.String(), nil
}

// Capabilities says how little a robot may say: twenty messages a minute, as
// https://developer.work.weixin.qq.com/document/path/91770 has it.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Files: true,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 20, Per: time.Minute}}},
	}
}

// Parts says in how many messages d is said, its images among them.
func (*Sender) Parts(d chat.Delivery) int {
	parts, _ := pages(d)
	images, _ := apart(d.Message)
	return len(parts) + len(images)
}

// Preview gives the text in WeCom's Markdown; of an image its link.
func (*Sender) Preview(d chat.Delivery) string {
	if a, ok := pictured(d); ok {
		d = linked(d, a)
	}
	return compose(d).text()
}

// Send posts one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if a, ok := pictured(d); ok {
		if shown, err := s.show(ctx, d, a); shown {
			return chat.Receipt{}, err
		}
		d = linked(d, a)
	}
	p := compose(d)
	if p.text() == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	return chat.Receipt{}, s.post(ctx, p)
}

func (s *Sender) post(ctx context.Context, p payload) error {
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.url.Reveal(), Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: chat.JSON(p), Secrets: []secret.Text{s.secret},
	})
	if err != nil {
		return err
	}
	return judge(answer)
}
