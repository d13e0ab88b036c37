// Package gotify tells the owner of a Gotify server, as one application of it. It
// writes Markdown in which nothing from outside formats, and uploads nothing.
package gotify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "gotify".
func Definition() chat.Definition { return chat.Define("gotify", New) }

// Config names the server and the application.
type Config struct {
	URL   string      `yaml:"url"`
	Token secret.Text `yaml:"token"` // of the application, not of a client
}

// Sender speaks for one application.
type Sender struct {
	url   string // of messages
	token secret.Text
	http  *http.Client
}

var (
	_ chat.Sender = (*Sender)(nil)
	_ chat.Prober = (*Sender)(nil)
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
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	return &Sender{url: base + "/message", token: c.Token, http: tools.HTTP}, nil
}

// Capabilities says that an application is one place, and that Gotify limits
// nothing.
func (*Sender) Capabilities() chat.Capabilities { return chat.Capabilities{Markup: chat.Markdown} }

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	p := compose(d)
	if p.Message == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, s.call(chat.JSON(p)))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

func (s *Sender) call(body []byte) chat.Call {
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set("X-Gotify-Key", s.token.Reveal())
	return chat.Call{URL: s.url, Header: header, Body: body, Secrets: []secret.Text{s.token}}
}

// Probe posts a message that lacks its text: a server that knows the token says
// 400, else 401, and nobody sees anything. An application's token may do nothing
// else that could be asked: https://github.com/gotify/server/issues/652.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := chat.Post(ctx, s.http, s.call([]byte("{}")))
	if err != nil {
		return "", err
	}
	if r := read(answer); answer.Status == http.StatusBadRequest && r.Error != "" {
		return "an application", nil
	}
	if answer.OK() {
		return "", answer.Err("the answer is not Gotify's")
	}
	_, err = judge(answer)
	return "", err
}

// reply is a message that was taken, or an error.
type reply struct {
	ID          int64  `json:"id"`
	Error       string `json:"error"`
	Description string `json:"errorDescription"`
}

// read gives what can be read of an error.
func read(a chat.Answer) reply {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil {
		return reply{} // a proxy's page
	}
	return r
}

func judge(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a, read(a).Description)
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	if r.ID == 0 {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is no message"))
	}
	return chat.Receipt{MessageID: strconv.FormatInt(r.ID, 10)}, nil
}

func refusal(a chat.Answer, words string) error {
	if a.Foreign() {
		return a.Err(words)
	}
	switch a.Status {
	case http.StatusNotFound: // no Gotify answers here
		return retry.Never(a.Err(words), retry.Broken(), retry.Scope(retry.Account))
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return retry.Never(a.Err(words), retry.Degrade())
	}
	return a.Refusal(words)
}
