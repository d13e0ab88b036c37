// Package slack tells Slack channels, by an incoming webhook or as a bot. It
// sends one text in Slack's own markup, and a bot uploads files; it edits nothing.
package slack

import (
	"context"
	"encoding/json"
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

// maxText is where Slack begins to split messages on its own.
const maxText = 4000

// Definition registers this chat as "slack".
func Definition() chat.Definition { return chat.Define("slack", New) }

// Config has either the URL of an incoming webhook or a bot's token.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	Token      secret.Text `yaml:"token"`
	APIURL     string      `yaml:"api_url"` // in the place of https://slack.com, or of webhook_url's host
}

// Sender speaks for one webhook or one bot.
type Sender struct {
	url   secret.Text
	token secret.Text // empty: a webhook
	http  *http.Client
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
	address, err := chat.Hook(c.WebhookURL, c.APIURL)
	if err != nil {
		return nil, err
	}
	return &Sender{url: secret.New(address), http: tools.HTTP}, nil
}

func newBot(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	base, err := chat.Base(c.APIURL, "https://slack.com")
	if err != nil {
		return nil, err
	}
	return &Sender{url: secret.New(base + "/api/chat.postMessage"), token: c.Token, http: tools.HTTP}, nil
}

func (s *Sender) bot() bool { return !s.token.Empty() }

// Capabilities says that a bot reaches channels; a webhook is one. Slack takes one
// message a second and channel, and promises nothing of bursts:
// https://docs.slack.dev/apis/web-api/rate-limits.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: s.bot(), Files: s.bot(),
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 1, Per: time.Second}}},
	}
}

// Parts says in how many messages d is said, its files among them.
func (s *Sender) Parts(d chat.Delivery) int {
	parts, files, _ := s.pages(d)
	return len(parts) + len(files)
}

// method gives the address of another method than that which posts.
func (s *Sender) method(name string) string {
	return strings.TrimSuffix(s.url.Reveal(), "chat.postMessage") + name
}

// Probe asks whom the token belongs to. A webhook cannot be asked.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if !s.bot() {
		return "", chat.ErrNoProbe
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL:    s.method("auth.test"),
		Header: http.Header{"Authorization": {"Bearer " + s.token.Reveal()}}, Secrets: []secret.Text{s.token},
	})
	if err != nil {
		return "", err
	}
	var who struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
		User  string `json:"user"`
		Team  string `json:"team"`
	}
	switch {
	case !answer.OK():
		return "", answer.Refusal("")
	case answer.Decode(&who) != nil:
		return "", answer.Err("the answer is not Slack's")
	case !who.OK:
		return "", judgeWord(answer, who.Error)
	case who.User == "":
		return "", answer.Err("the answer is not Slack's")
	}
	return who.User + " of " + who.Team, nil
}

var channelID = regexp.MustCompile(`^[A-Za-z0-9#@][A-Za-z0-9._-]*$`)

// CheckChannel takes Slack's ids (C0123, U0123) and names, with or without
// "channel_", "group_" or "private_" before them.
func (s *Sender) CheckChannel(channel string) error {
	if s.bot() && !channelID.MatchString(native(channel)) {
		return fmt.Errorf("%q is no Slack channel", channel)
	}
	return nil
}

// native takes the kind off a channel.
func native(channel string) string {
	for _, kind := range []string{"channel_", "group_", "private_"} {
		if id, ok := strings.CutPrefix(channel, kind); ok {
			return id
		}
	}
	return channel
}

type payload struct {
	Channel     string `json:"channel,omitempty"`
	Text        string `json:"text"`
	Mrkdwn      bool   `json:"mrkdwn"`
	UnfurlLinks bool   `json:"unfurl_links"`
	UnfurlMedia bool   `json:"unfurl_media"`
	LinkNames   *bool  `json:"link_names,omitempty"`
	Parse       string `json:"parse,omitempty"`
}

const asJSON = "application/json; charset=utf-8"

// Send posts one part of d, text or a file.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	if done, err := s.share(ctx, d); done || err != nil {
		return chat.Receipt{}, err
	}
	p := payload{Text: s.text(d), Mrkdwn: !d.Plain}
	if p.Text == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	header := http.Header{"Content-Type": {asJSON}}
	if s.bot() {
		p.Channel, p.LinkNames, p.Parse = native(d.Channel), new(bool), "none"
		header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.url.Reveal(), Header: header, Body: chat.JSON(p), Secrets: []secret.Text{s.token},
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	if s.bot() {
		return judgeBot(answer)
	}
	return chat.Receipt{}, judgeHook(answer)
}

// Preview gives the text in Slack's mrkdwn.
func (s *Sender) Preview(d chat.Delivery) string { return s.text(d) }

// judgeHook reads a webhook's answer: "ok", or a word of plain text. A 2xx that
// says anything else comes from somebody else, a proxy for one.
func judgeHook(a chat.Answer) error {
	word := strings.TrimSpace(string(a.Body))
	if a.OK() {
		if word != "ok" && word != "" {
			return retry.Unknown(a.Err("the answer is not ok"))
		}
		return nil
	}
	switch word {
	case "user_not_found", "action_prohibited", "posting_to_general_channel_denied",
		"channel_not_found", "channel_is_archived", "no_service", "no_service_id", "no_team", "no_active_hooks":
		if a.Status < 429 {
			return retry.Never(a.Err(word), retry.Broken())
		}
	case "invalid_payload", "invalid_blocks", "invalid_blocks_format", "no_text",
		"too_many_attachments", "missing_text_or_fallback_or_attachments":
		if a.Status == http.StatusBadRequest {
			return retry.Never(a.Err(word), retry.Degrade())
		}
	}
	return a.ByStatus("")
}

// judgeBot reads the Web API's answer, which is 200 for nearly everything.
func judgeBot(a chat.Answer) (chat.Receipt, error) {
	var reply struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
		TS    string `json:"ts"`
	}
	if !a.OK() {
		_ = json.Unmarshal(a.Body, &reply) // its word, where there is one
		return chat.Receipt{}, a.Refusal(reply.Error)
	}
	if err := a.Decode(&reply); err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case reply.OK == nil:
		return chat.Receipt{}, retry.Unknown(a.Err("the answer says neither ok nor error"))
	case *reply.OK:
		return chat.Receipt{MessageID: reply.TS}, nil
	}
	return chat.Receipt{}, judgeWord(a, reply.Error)
}

func judgeWord(a chat.Answer, word string) error {
	err := a.Err(word)
	switch word {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return a.Later(0, word)
	case "internal_error", "fatal_error": // it may stand there already
		return retry.Unknown(err)
	case "service_unavailable", "request_timeout", "team_added_to_org":
		return err
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"no_permission", "org_login_required", "ekm_access_denied":
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "cannot_dm_bot", "user_not_found":
		return retry.Never(err, retry.Broken())
	case "msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long",
		"too_many_attachments", "invalid_arguments", "invalid_attachments":
		return retry.Never(err, retry.Degrade())
	}
	if strings.HasPrefix(word, "restricted_action_") {
		return retry.Never(err, retry.Broken())
	}
	return retry.Never(err)
}
