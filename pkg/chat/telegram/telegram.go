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
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

const (
	maxText  = 4096     // Telegram's limit, in UTF-16 units
	maxFile  = 10 << 20 // bytes of a photo; a document may have 50 MB
	maxFiles = 3        // as each is a message of its own
)

// Definition registers this chat as "telegram".
func Definition() chat.Definition { return chat.Define("telegram", New) }

// Config names the bot.
type Config struct {
	Token  secret.Text `yaml:"token"`
	APIURL string      `yaml:"api_url"` // in the place of https://api.telegram.org
}

// Sender speaks for one bot.
type Sender struct {
	url   secret.Text // of the bot's methods, with the token in it
	token secret.Text
	key   secret.Text // the token's second half, which alone is as good as the whole
	moved *moves
	http  *http.Client
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Splitter       = (*Sender)(nil)
	_ chat.Pacer          = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
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
	address := secret.New(base + "/bot" + c.Token.Reveal() + "/")
	_, key, _ := strings.Cut(c.Token.Reveal(), ":")
	return &Sender{url: address, token: c.Token, key: secret.New(key), moved: &moves{}, http: tools.HTTP}, nil
}

// Capabilities says that a bot reaches every chat it is a member of. It may say
// about one message a second in a chat and thirty in all:
// https://core.telegram.org/bots/faq#broadcasting-to-users.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Rich, Channels: true, Files: true,
		Limits: chat.Limits{Chat: perChat(), Account: []chat.Rate{{Count: 30, Per: time.Second}}},
	}
}

func perChat() []chat.Rate { return []chat.Rate{{Count: 1, Per: time.Second}} }

// Pace adds that a group takes twenty a minute.
func (*Sender) Pace(channel string) []chat.Rate {
	if id, err := chatID(channel); err == nil {
		if n, ok := id.(int64); ok && n < 0 {
			return append(perChat(), chat.Rate{Count: 20, Per: time.Minute})
		}
	}
	return perChat()
}

// Parts says in how many messages d is said, its files among them.
func (*Sender) Parts(d chat.Delivery) int {
	parts, files := pages(d)
	return len(parts) + len(files)
}

// said is d's part in words: of a file a link.
func said(d chat.Delivery) chat.Message {
	parts, files := pages(d)
	if a, ok := d.File(files, len(parts)); ok {
		link := chat.Message{Attachments: []chat.Attachment{a}}.Linked()
		if d.Plain {
			return link.Unstyled()
		}
		return link
	}
	return d.Page(parts)
}

// Probe asks which bot the token is of.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := chat.Post(ctx, s.http, chat.Call{URL: s.method("getMe"), Secrets: []secret.Text{s.token, s.key}})
	if err != nil {
		return "", err
	}
	var r struct {
		Result struct {
			Username string `json:"username"`
		} `json:"result"`
		reply
	}
	switch decoded := json.Unmarshal(answer.Body, &r); {
	case !answer.OK():
		return "", refusal(answer, r.reply)
	case decoded != nil || r.Result.Username == "":
		return "", answer.Err("the answer is not Telegram's")
	}
	return "@" + r.Result.Username, nil
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

// Preview gives the text of d's part; its styles go beside it, as Telegram's
// entities.
func (s *Sender) Preview(d chat.Delivery) string {
	text, _ := write(said(d))
	return text
}

// Send posts one part of d. A group that has become a supergroup has a new id: the
// message is sent there at once, one time.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	id, err := chatID(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	if receipt, done, err := s.share(ctx, d, id); done {
		return receipt, err
	}
	p := payload{Preview: preview{Disabled: true}}
	p.Text, p.Entities = write(said(d))
	if p.Text == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	return s.follow(ctx, id, func(id any) chat.Call {
		p.ChatID = id
		return chat.Call{URL: s.method("sendMessage"), Header: http.Header{"Content-Type": {"application/json"}}, Body: chat.JSON(p)}
	})
}

// share uploads the file that d's part is; false where it is none, cannot be had, or
// Telegram will not have it in this chat, and is to be said as a link.
func (s *Sender) share(ctx context.Context, d chat.Delivery, id any) (receipt chat.Receipt, done bool, err error) {
	parts, attached := pages(d)
	a, ok := d.File(attached, len(parts))
	if !ok {
		return chat.Receipt{}, false, nil
	}
	files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, 1, maxFile, nil)
	if len(files) == 0 {
		return chat.Receipt{}, false, nil
	}
	receipt, err = s.follow(ctx, id, s.upload(d, files[0]))
	if advice := retry.AdviceOn(err); advice.Kind == retry.Hopeless && advice.Reach == retry.Chat {
		return chat.Receipt{}, false, nil // what is wrong with the chat is said of the words
	}
	return receipt, true, err
}

// follow calls for a chat where it is now, and once more where it has just moved to.
func (s *Sender) follow(ctx context.Context, id any, call func(id any) chat.Call) (chat.Receipt, error) {
	receipt, moved, err := s.post(ctx, call(s.moved.now(id)))
	if moved == 0 {
		return receipt, err
	}
	s.moved.remember(id, moved)
	receipt, _, err = s.post(ctx, call(moved))
	return receipt, err
}

// upload sends an image as a photo and everything else as a document.
func (s *Sender) upload(d chat.Delivery, f chat.File) func(id any) chat.Call {
	kind, method := "document", "sendDocument"
	switch f.Type {
	case "image/jpeg", "image/png", "image/webp":
		kind, method = "photo", "sendPhoto"
	}
	return func(id any) chat.Call {
		fields := []webhook.Field{{Name: "chat_id", Value: fmt.Sprint(id)}}
		contentType, body := chat.Multipart(d.Key(), fields, []chat.File{f}, func(int) string { return kind })
		return chat.Call{URL: s.method(method), Header: http.Header{"Content-Type": {contentType}}, Body: body}
	}
}

func (s *Sender) method(name string) string { return s.url.Reveal() + name }

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

func (s *Sender) post(ctx context.Context, call chat.Call) (receipt chat.Receipt, moved int64, err error) {
	call.Secrets = []secret.Text{s.token, s.key}
	answer, err := chat.Post(ctx, s.http, call)
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
	if a.Foreign() {
		return a.Err("")
	}
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
