// Package discord tells Discord channels, by a webhook or as a bot. It sends
// one text in Discord's markup, without embeds, and pings nobody that the
// config does not name.
package discord

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

const (
	// maxContent is Discord's limit, counted the strict way, in UTF-16 units.
	maxContent = 2000
	// nonceLen is the longest nonce Discord takes.
	nonceLen = 25
	// maxFiles and maxFile are Discord's limits of attachments; a request has 25 MiB in
	// all, of which maxTogether are files.
	maxFiles    = 10
	maxFile     = 10 << 20
	maxTogether = 24 << 20
	// suppressEmbeds is the message flag against link previews.
	suppressEmbeds = 1 << 2
)

// Definition registers this chat as "discord".
func Definition() chat.Definition { return chat.Define("discord", New) }

// Config has either a webhook's URL or a bot's token.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	Token      secret.Text `yaml:"token"`
	APIURL     string      `yaml:"api_url"` // in the place of https://discord.com, or of webhook_url's host
}

// Sender speaks for one webhook or one bot.
type Sender struct {
	webhook secret.Text // the whole URL, or empty: a bot
	base    string
	token   secret.Text
	http    *http.Client
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
	if address, err = waiting(address); err != nil {
		return nil, fmt.Errorf("webhook_url %w", err)
	}
	return &Sender{webhook: secret.New(address), http: tools.HTTP}, nil
}

func newBot(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	base, err := chat.Base(c.APIURL, "https://discord.com")
	if err != nil {
		return nil, err
	}
	return &Sender{base: base, token: c.Token, http: tools.HTTP}, nil
}

// waiting adds wait=true to a webhook's query (thread_id and the like stay):
// without it a message that is not saved gives no error.
func waiting(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("is no URL")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", errors.New("has a query that cannot be read")
	}
	query.Set("wait", "true")
	u.RawQuery, u.Fragment = query.Encode(), ""
	return u.String(), nil
}

func (s *Sender) bot() bool { return !s.token.Empty() }

// Capabilities says that a bot reaches channels, and its nonce tells doubles. A
// channel takes five messages in two seconds and thirty in a minute, a bot fifty a
// second in all: https://docs.discord.com/developers/topics/rate-limits, and what
// its staff say of webhooks.
func (s *Sender) Capabilities() chat.Capabilities {
	can := chat.Capabilities{
		Markup: chat.Markdown, Channels: s.bot(), Idempotent: s.bot(), Files: true,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 5, Per: 2 * time.Second}, {Count: 30, Per: time.Minute}}},
	}
	if s.bot() {
		can.Limits.Account = []chat.Rate{{Count: 50, Per: time.Second}}
	}
	return can
}

// Parts says in how many messages d is said; its files go with the last.
func (s *Sender) Parts(d chat.Delivery) int {
	parts, _ := pages(d, d.Message.Linked())
	return len(parts)
}

// Probe asks whom the credentials belong to.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	call := chat.Call{Method: http.MethodGet, URL: s.webhook.Reveal(), Secrets: []secret.Text{s.token}}
	if s.bot() {
		call.URL = s.base + "/api/v10/users/@me"
		call.Header = http.Header{"Authorization": {"Bot " + s.token.Reveal()}}
	}
	answer, err := chat.Post(ctx, s.http, call)
	if err != nil {
		return "", err
	}
	var who struct {
		Username string `json:"username"` // of a bot
		Name     string `json:"name"`     // of a webhook
		reply
	}
	decoded := json.Unmarshal(answer.Body, &who)
	name := cmp.Or(who.Username, who.Name)
	switch {
	case !answer.OK():
		return "", refusal(answer, who.reply)
	case decoded != nil || name == "":
		return "", answer.Err("the answer is not Discord's")
	}
	return name, nil
}

var snowflake = regexp.MustCompile(`^(?:(?:channel|group|private)_)?([0-9]{1,20})$`)

// CheckChannel takes a channel's or thread's id, digits, with or without
// "channel_", "group_" or "private_" before it.
func (s *Sender) CheckChannel(channel string) error {
	if s.bot() && !snowflake.MatchString(channel) {
		return fmt.Errorf("%q is no Discord channel id", channel)
	}
	return nil
}

type payload struct {
	Content      string  `json:"content"`
	Flags        int     `json:"flags"`
	Allowed      allowed `json:"allowed_mentions"`
	Nonce        string  `json:"nonce,omitempty"`
	EnforceNonce bool    `json:"enforce_nonce,omitempty"`
}

// Preview gives the text in Discord's Markdown.
func (s *Sender) Preview(d chat.Delivery) string {
	parts, render := pages(d, d.Message.Linked())
	return render(d.Page(parts))
}

// Send posts d. Files that Discord will not have are said as links.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	content, part, files := s.part(ctx, d)
	receipt, err := s.post(ctx, d, content, part, files)
	advice := retry.AdviceOn(err)
	if len(files) == 0 || advice.Kind != retry.Hopeless || advice.Reach != retry.Chat {
		return receipt, err
	}
	d.Open = nil // what is wrong with the channel is said of the words
	content, part, _ = s.part(ctx, d)
	return s.post(ctx, d, content, part, nil)
}

func (s *Sender) post(ctx context.Context, d chat.Delivery, content string, part chat.Message, files []chat.File) (chat.Receipt, error) {
	_, permitted := mentions(part.Mentions)
	p := payload{Content: content, Flags: suppressEmbeds, Allowed: permitted}
	if p.Content == "" && len(files) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	call := chat.Call{URL: s.webhook.Reveal(), Header: http.Header{}, Secrets: []secret.Text{s.token}}
	if s.bot() {
		call.URL = s.base + "/api/v10/channels/" + snowflake.FindStringSubmatch(d.Channel)[1] + "/messages"
		call.Header.Set("Authorization", "Bot "+s.token.Reveal())
		p.Nonce, p.EnforceNonce = nonce(d.Key()), true
	}
	contentType, body := "application/json", chat.JSON(p)
	if len(files) > 0 {
		contentType, body = chat.Multipart(d.Key(), []webhook.Field{{Name: "payload_json", Value: string(body)}}, files,
			func(n int) string { return fmt.Sprintf("files[%d]", n) })
	}
	call.Header.Set("Content-Type", contentType)
	call.Body = body
	answer, err := chat.Post(ctx, s.http, call)
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// part gives what is said now, of as many as Parts counted: where the files would
// make them fewer, they stand beside their links.
func (*Sender) part(ctx context.Context, d chat.Delivery) (string, chat.Message, []chat.File) {
	parts, render := pages(d, d.Message.Linked())
	if d.Part < len(parts)-1 {
		return render(d.Page(parts)), d.Page(parts), nil
	}
	files, m := together(d, maxTogether).Files(ctx, d.Message, maxFiles, maxFile, nil)
	if filed, _ := pages(d, m); len(filed) == len(parts) {
		parts = filed
	}
	return render(d.Page(parts)), d.Page(parts), files
}

// together is d whose files hold at most total bytes in all; others cannot be had.
func together(d chat.Delivery, total int64) chat.Delivery {
	open := d.Open
	if open == nil {
		return d
	}
	d.Open = func(ctx context.Context, a chat.Attachment, most int64) (chat.File, error) {
		f, err := open(ctx, a, min(most, total))
		if err == nil {
			total -= int64(len(f.Data))
		}
		return f, err
	}
	return d
}

// nonce is the same at every attempt and differs between notifications.
func nonce(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:nonceLen]
}
