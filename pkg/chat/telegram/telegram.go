// Package telegram tells Telegram chats as a bot. It sends text and entities,
// never a parse mode, so that there is nothing to escape.
package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxText is Telegram's limit in UTF-16 units.
const maxText = 4096

// Definition registers this chat as "telegram".
func Definition() chat.Definition { return chat.Define("telegram", New) }

// Config names the bot.
type Config struct {
	Token  secret.Text `yaml:"token"`
	APIURL string      `yaml:"api_url"` // in the place of https://api.telegram.org
}

// Sender speaks for one bot.
type Sender struct {
	url   secret.Text // with the token in it
	token secret.Text
	key   secret.Text // the token's second half, which alone is as good as the whole
	http  *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
)

var tokenShape = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	if !tokenShape.MatchString(c.Token.Reveal()) { // it becomes part of a path
		return nil, errors.New("token is not like 123456:ABC-DEF")
	}
	base, err := chat.Base(c.APIURL, "https://api.telegram.org")
	if err != nil {
		return nil, err
	}
	address := secret.New(base + "/bot" + c.Token.Reveal() + "/sendMessage")
	_, key, _ := strings.Cut(c.Token.Reveal(), ":")
	return &Sender{url: address, token: c.Token, key: secret.New(key), http: tools.HTTP}, nil
}

// Capabilities says that a bot reaches every chat it is a member of.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Channels: true}
}

var channelShape = regexp.MustCompile(`^(?:(?:group|private|channel)_)?(-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{2,})$`)

// CheckChannel takes a chat's id or a public @name, with or without "group_",
// "private_" or "channel_" before it.
func (*Sender) CheckChannel(channel string) error {
	_, err := chatID(channel)
	return err
}

// chatID gives a number as a number, as Telegram wants it.
func chatID(channel string) (any, error) {
	match := channelShape.FindStringSubmatch(channel)
	if match == nil {
		return nil, fmt.Errorf("%q is no Telegram chat", channel)
	}
	if strings.HasPrefix(match[1], "@") {
		return match[1], nil
	}
	id, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil || id == 0 {
		return nil, fmt.Errorf("%q is no Telegram chat", channel)
	}
	return id, nil
}

type payload struct {
	ChatID   any      `json:"chat_id"`
	Text     string   `json:"text"`
	Entities []entity `json:"entities,omitempty"`
	Preview  preview  `json:"link_preview_options"`
}

type preview struct {
	Disabled bool `json:"is_disabled"`
}

// Preview gives the text; its styles go beside it, as Telegram's entities.
func (s *Sender) Preview(d chat.Delivery) string {
	text, _ := compose(d)
	return text
}

// Send posts d. A group that has become a supergroup has a new id: the message
// is sent there at once, one time.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	id, err := chatID(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	p := payload{ChatID: id, Preview: preview{Disabled: true}}
	if p.Text, p.Entities = compose(d); p.Text == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	receipt, moved, err := s.post(ctx, p)
	if moved == 0 {
		return receipt, err
	}
	p.ChatID = moved
	receipt, _, err = s.post(ctx, p)
	return receipt, err
}

type reply struct {
	OK     bool `json:"ok"`
	Result struct {
		MessageID int64 `json:"message_id"`
	} `json:"result"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter float64 `json:"retry_after"`
		MovedTo    int64   `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

func (s *Sender) post(ctx context.Context, p payload) (receipt chat.Receipt, moved int64, err error) {
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.url.Reveal(), Header: http.Header{"Content-Type": {"application/json"}},
		Body: chat.JSON(p), Secrets: []secret.Text{s.token, s.key},
	})
	if err != nil {
		return chat.Receipt{}, 0, err
	}
	var r reply
	if !answer.OK() {
		if json.Unmarshal(answer.Body, &r) != nil {
			r = reply{}
		}
		return chat.Receipt{}, r.Parameters.MovedTo, refusal(answer, r)
	}
	if err := answer.Decode(&r); err != nil {
		return chat.Receipt{}, 0, err
	}
	if !r.OK || r.Result.MessageID == 0 {
		return chat.Receipt{}, 0, retry.Unknown(answer.Err("the answer is no message"))
	}
	return chat.Receipt{MessageID: strconv.FormatInt(r.Result.MessageID, 10)}, 0, nil
}

// refusal reads the description: Telegram has no other code.
func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.Description)
	words := strings.ToLower(r.Description)
	switch a.Status {
	case http.StatusTooManyRequests:
		return a.Later(chat.Seconds(r.Parameters.RetryAfter), r.Description)
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusMisdirectedRequest: // the token
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case http.StatusForbidden: // blocked, kicked, deactivated, deleted: this chat only
		return retry.Never(err, retry.Broken())
	case http.StatusBadRequest:
		if contains(words, gone()) {
			return retry.Never(err, retry.Broken())
		}
		if contains(words, malformed()) {
			return retry.Never(err, retry.Degrade())
		}
	}
	return a.Refusal(r.Description)
}

func gone() []string {
	return []string{
		"chat not found", "peer_id_invalid", "have no rights", "not enough rights", "chat_write_forbidden",
		"topic_closed", "message thread not found", "upgraded to a supergroup",
	}
}

func malformed() []string {
	return []string{
		"can't parse entities", "message is too long", "message text is empty",
		"entity_", "button_url_invalid", "wrong http url",
	}
}

func contains(words string, any []string) bool {
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
