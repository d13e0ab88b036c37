// Package teams tells a Microsoft Teams channel by a workflow's webhook. It sends
// an adaptive card; it uploads nothing, edits nothing, knows no thread and no
// connector of Office 365.
package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "teams".
func Definition() chat.Definition { return chat.Define("teams", New) }

// Config names the workflow.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"` // holds its signature
}

// Sender speaks for one workflow.
type Sender struct {
	url  secret.Text
	http *http.Client
}

var _ chat.Sender = (*Sender)(nil)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckAddress(c.WebhookURL.Reveal()); err != nil {
		return nil, fmt.Errorf("webhook_url %w", err)
	}
	u, err := url.Parse(c.WebhookURL.Reveal())
	if err != nil {
		return nil, errors.New("webhook_url is no URL")
	}
	if retired(u) {
		return nil, errors.New("webhook_url is that of an Office 365 connector, and Microsoft has retired those: " +
			`make a workflow from the template "Send webhook alerts to a channel" in Teams, and take its URL`)
	}
	return &Sender{url: c.WebhookURL, http: tools.HTTP}, nil
}

// retired reports whether u is where the webhooks of Office 365 connectors lived,
// until 2026, and before 2021.
func retired(u *url.URL) bool {
	switch host := strings.ToLower(u.Hostname()); host {
	case "outlook.office.com", "outlook.office365.com":
		return strings.HasPrefix(strings.ToLower(u.Path), "/webhook/")
	default:
		return strings.HasSuffix(host, ".webhook.office.com")
	}
}

// Capabilities says that a workflow takes four messages a second:
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Rich,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 4, Per: time.Second}}},
	}
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	p := compose(d)
	if p.empty() {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.url.Reveal(), Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: chat.JSON(p),
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// judge reads the answer. 202 says that the workflow will run; nobody tells
// whether it then worked.
func judge(a chat.Answer) (chat.Receipt, error) {
	if a.OK() {
		return chat.Receipt{Queued: a.Status == http.StatusAccepted}, nil
	}
	var r struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(a.Body, &r) != nil {
		r.Error.Code, r.Error.Message = "", "" // half-read words are no words
	}
	words := strings.TrimSpace(r.Error.Code + " " + r.Error.Message)
	switch r.Error.Code {
	case "WorkflowTriggerIsNotEnabled", "WorkflowNotFound", "WorkflowDisabled": // off or deleted
		return chat.Receipt{}, retry.Never(a.Err(words), retry.Broken())
	}
	switch a.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return chat.Receipt{}, retry.Never(a.Err(words), retry.Degrade())
	}
	return chat.Receipt{}, a.Refusal(words)
}
