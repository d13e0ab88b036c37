// Package apprise hands messages to an Apprise API server of one's own, which
// tells whatever it is configured for. It says plain text, in which nothing pings
// on any platform behind, and uploads nothing.
package apprise

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

// maxText is how long a body may be, in characters; Apprise cuts or parts it for
// each platform behind.
const maxText = 10_000

const maxTitle = 250 // characters

// Definition registers this chat as "apprise".
func Definition() chat.Definition { return chat.Define("apprise", New) }

// Config names the server.
type Config struct {
	URL       string      `yaml:"url"`
	User      string      `yaml:"user"` // of a server that asks for a log-in
	Password  secret.Text `yaml:"password"`
	ConfigKey secret.Text `yaml:"config_key"` // of the only configuration; without it, the channel names one
	Tag       string      `yaml:"tag"`        // with config_key: which of its services, as a channel says it
}

// Sender speaks through one server.
type Sender struct {
	base    string
	only    target // its key is empty: the channel names it
	login   secret.Text
	secrets []secret.Text
	http    *http.Client
}

// target is a configuration of the server's, and which of its services.
type target struct {
	key  secret.Text
	tags string // empty: all of them
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
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
	s := &Sender{base: base, http: tools.HTTP, only: target{key: c.ConfigKey, tags: c.Tag}}
	var none secret.Text
	switch {
	case c.ConfigKey != none && !keyShape.MatchString(c.ConfigKey.Reveal()):
		return nil, errors.New("config_key is not like [A-Za-z0-9_-], 1 to 128 of them")
	case c.Tag != "" && c.ConfigKey == none:
		return nil, errors.New("tag goes with config_key; without one, the channel says both: KEY:TAG")
	case c.Tag != "" && !tagsShape.MatchString(c.Tag):
		return nil, errors.New("tag is not like [A-Za-z0-9._-], several parted by commas")
	case c.User == "" && c.Password == none:
	case c.User == "" || c.Password.Empty():
		return nil, errors.New("user and password go together")
	default:
		s.login = secret.New(base64.StdEncoding.EncodeToString([]byte(c.User + ":" + c.Password.Reveal())))
	}
	s.secrets = secret.NonEmpty([]secret.Text{s.login, c.Password, c.ConfigKey})
	return s, nil
}

// Capabilities says that a server reaches every configuration it keeps.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Channels: s.only.key.Empty()}
}

var (
	keyShape  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	tagsShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}(?:,[A-Za-z0-9._-]{1,64})*$`)
)

// CheckChannel takes the key of a configuration, and behind a colon the tags of
// which any will do, parted by commas: KEY, KEY:ops, KEY:ops,night.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.to(channel)
	return err
}

func (s *Sender) to(channel string) (target, error) {
	if !s.only.key.Empty() {
		return s.only, nil
	}
	key, tags, tagged := strings.Cut(channel, ":")
	if !keyShape.MatchString(key) || tagged && !tagsShape.MatchString(tags) {
		return target{}, fmt.Errorf("%q is no key of an Apprise configuration, nor KEY:TAG", channel)
	}
	return target{key: secret.New(key), tags: tags}, nil
}

type payload struct {
	Title  string `json:"title,omitempty"`
	Body   string `json:"body"`
	Type   string `json:"type"`
	Format string `json:"format"`
	Tag    string `json:"tag,omitempty"`
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := s.to(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	p := compose(d, to.tags)
	if p.Body == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodPost, "/notify/"+to.key.Reveal(), chat.JSON(p)))
	if err != nil {
		return chat.Receipt{}, err
	}
	return chat.Receipt{}, judge(answer)
}

func (s *Sender) call(method, path string, body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if !s.login.Empty() {
		header.Set("Authorization", "Basic "+s.login.Reveal())
	}
	return chat.Call{Method: method, URL: s.base + path, Header: header, Body: body, Secrets: s.secrets}
}

// Probe asks whether the server has the configured key. Without one there is
// nothing to ask about.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if s.only.key.Empty() {
		return "", chat.ErrNoProbe
	}
	answer, err := chat.Post(ctx, s.http, s.call(http.MethodGet, "/json/urls/"+s.only.key.Reveal()+"?privacy=1", nil))
	if err != nil {
		return "", err
	}
	if err := judge(answer); err != nil {
		return "", err
	}
	var kept struct {
		URLs []struct{} `json:"urls"`
	}
	if answer.Decode(&kept) != nil || kept.URLs == nil {
		return "", answer.Err("the answer is not Apprise's")
	}
	return fmt.Sprintf("a configuration of %d services", len(kept.URLs)), nil
}

// judge reads the status: what else is said is for people.
// https://github.com/caronc/apprise-api/blob/master/apprise_api/api/views.py.
func judge(a chat.Answer) error {
	switch a.Status {
	case http.StatusNoContent:
		return retry.Never(a.Err("it has no such configuration"), retry.Broken())
	case http.StatusFailedDependency: // the others have heard it already
		return retry.Unknown(a.Err(""))
	}
	if a.OK() {
		return nil
	}
	return a.ByStatus("")
}
