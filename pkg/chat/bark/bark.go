// Package bark tells iPhones through a Bark server. It says plain text and
// uploads nothing.
package bark

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "bark".
func Definition() chat.Definition { return chat.Define("bark", New) }

// Config names the server: one of one's own by url, or a stand-in for
// https://api.day.app by api_url; neither is the latter itself.
type Config struct {
	URL       string      `yaml:"url"`
	APIURL    string      `yaml:"api_url"`
	DeviceKey secret.Text `yaml:"device_key"` // the only one; without it, the channel names one
	User      string      `yaml:"user"`       // of a server that asks for a log-in
	Password  secret.Text `yaml:"password"`
}

// Sender speaks through one server.
type Sender struct {
	base    string
	device  secret.Text // empty: the channel names it
	login   secret.Text // user:password in base64; empty: none
	secrets []secret.Text
	http    *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	base, err := server(c)
	if err != nil {
		return nil, err
	}
	var none secret.Text
	if c.DeviceKey != none && !keyShape.MatchString(c.DeviceKey.Reveal()) {
		return nil, errors.New("device_key is no key that Bark gives: letters and digits, 6 to 64 of them")
	}
	s := &Sender{base: base, device: c.DeviceKey, http: tools.HTTP}
	switch {
	case c.User == "" && c.Password == none:
	case c.User == "" || c.Password.Empty():
		return nil, errors.New("user and password go together")
	default:
		s.login = secret.New(base64.StdEncoding.EncodeToString([]byte(c.User + ":" + c.Password.Reveal())))
	}
	s.secrets = secret.NonEmpty([]secret.Text{s.login, c.Password, c.DeviceKey})
	return s, nil
}

func server(c Config) (string, error) {
	if c.URL == "" {
		return chat.Base(c.APIURL, "https://api.day.app")
	}
	if c.APIURL != "" {
		return "", errors.New("url and api_url are two ways to name the server: write one of them")
	}
	if err := chat.CheckAddress(c.URL); err != nil {
		return "", fmt.Errorf("url %w", err)
	}
	base, err := chat.Base(c.URL, "")
	if err != nil {
		return "", errors.New("url holds a query or a fragment")
	}
	return base, nil
}

// Capabilities says that a server reaches every device that has registered there,
// and that it limits nothing.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Channels: s.device.Empty(), Threads: true}
}

var keyShape = regexp.MustCompile(`^[A-Za-z0-9]{6,64}$`)

// CheckChannel takes a device key, with or without "private_" before it.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.to(channel)
	return err
}

// to gives the device key of a channel.
func (s *Sender) to(channel string) (string, error) {
	if !s.device.Empty() {
		return s.device.Reveal(), nil
	}
	key := strings.TrimPrefix(channel, "private_")
	if !keyShape.MatchString(key) {
		return "", fmt.Errorf("%q is no Bark device key", channel)
	}
	return key, nil
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	key, err := s.to(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	p := compose(d, key)
	if p.Body == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodPost, "/push", chat.JSON(p)))
	if err != nil {
		return chat.Receipt{}, err
	}
	return chat.Receipt{}, judge(answer)
}

func (s *Sender) call(method, path string, body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	if !s.login.Empty() {
		header.Set("Authorization", "Basic "+s.login.Reveal())
	}
	return chat.Call{Method: method, URL: s.base + path, Header: header, Body: body, Secrets: s.secrets}
}

// Probe asks whether the configured device is registered, else what the server is.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	path := "/info"
	if !s.device.Empty() {
		path = "/register/" + s.device.Reveal()
	}
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodGet, path, nil))
	switch {
	case err != nil:
		return "", err
	case !s.device.Empty():
		if err := judge(answer); err != nil {
			return "", err
		}
		return "a registered device", nil
	case !answer.OK():
		return "", judge(answer)
	}
	var info struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(answer.Body, &info) != nil || info.Version == "" {
		return "", answer.Err("the answer is not Bark's")
	}
	return "a Bark server " + info.Version, nil
}
