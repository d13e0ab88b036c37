// Package rocketchat tells Rocket.Chat rooms, by an incoming webhook or as a user. It
// writes Rocket.Chat's Markdown, and what is a warning or worse as an attachment in
// its colour. That Markdown knows no escape: characters that would format are
// replaced by others that look like them. It uploads files as a user only, and follows
// no thread.
package rocketchat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	// maxText is the longest message, in UTF-16 units, where a server leaves its
	// setting Message_MaxAllowedSize as it is.
	maxText  = 5000
	maxParts = 5 // messages that one may become; what is longer is cut
	// idLen is how much of a hash makes a message's id. The server's own have 17
	// characters.
	idLen = 24
)

// Definition registers this chat as "rocketchat".
func Definition() chat.Definition { return chat.Define("rocketchat", New) }

// Config has either the URL of an incoming webhook, or a server, a personal access
// token and the id of the user it is of.
type Config struct {
	WebhookURL secret.Text `yaml:"webhook_url"`
	URL        string      `yaml:"url"` // with token: the server's
	Token      secret.Text `yaml:"token"`
	UserID     string      `yaml:"user_id"` // with token
}

// Sender speaks for one webhook or one user.
type Sender struct {
	hook  secret.Text // the whole URL, or empty: a user
	base  string      // of the API
	token secret.Text
	user  string
	http  *http.Client
	rooms *sync.Map // the ids of rooms, by their names
	// doubts are the keys of files that an attempt without an answer may have shown.
	doubts *sync.Map
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
		return newUser(c, tools)
	}
	if c.URL != "" || c.UserID != "" {
		return nil, errors.New("url and user_id go with token; webhook_url is used as it is")
	}
	if err := chat.CheckAddress(c.WebhookURL.Reveal()); err != nil {
		return nil, fmt.Errorf("webhook_url %w", err)
	}
	return &Sender{hook: c.WebhookURL, http: tools.HTTP}, nil
}

var userShape = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func newUser(c Config, tools chat.Tools) (*Sender, error) {
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
	if !userShape.MatchString(c.UserID) {
		return nil, errors.New("user_id is missing, or no id of a user")
	}
	return &Sender{base: base + "/api/v1/", token: c.Token, user: c.UserID, http: tools.HTTP, rooms: &sync.Map{}, doubts: &sync.Map{}}, nil
}

// personal: it speaks as a user, and not by a webhook.
func (s *Sender) personal() bool { return s.hook.Empty() }

// Capabilities says that a user reaches rooms, and gives each message an id that can
// be there once, and uploads files; a webhook is one room. A server lets whoever calls from one address
// have ten requests a minute and kind unless its settings say otherwise:
// https://docs.rocket.chat/docs/rate-limiter.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: s.personal(), Idempotent: s.personal(), Files: s.personal(),
		Limits: chat.Limits{Account: []chat.Rate{{Count: 10, Per: time.Minute}}},
	}
}

// Parts says in how many messages d is said, its files among them.
func (s *Sender) Parts(d chat.Delivery) int {
	files, _, count := s.apart(d)
	return count + len(files)
}

// Preview gives the message, and below it what stands in a colour.
func (s *Sender) Preview(d chat.Delivery) string {
	now, _ := s.turn(d)
	text, below := say(now)
	shown := []string{text}
	for _, a := range below {
		shown = append(shown, a.Text)
	}
	return strings.TrimSpace(strings.Join(shown, "\n"))
}

// Probe asks whom the token belongs to. A webhook cannot be asked.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	if !s.personal() {
		return "", chat.ErrNoProbe
	}
	answer, err := s.call(ctx, http.MethodGet, s.base+"me", nil)
	if err != nil {
		return "", err
	}
	var who struct {
		Username string `json:"username"`
	}
	switch decoded := json.Unmarshal(answer.Body, &who); {
	case !answer.OK():
		return "", refusal(answer, read(answer))
	case decoded != nil || who.Username == "":
		return "", answer.Err("the answer is not Rocket.Chat's")
	}
	return "@" + who.Username, nil
}

// payload is what a webhook takes.
type payload struct {
	Text        string       `json:"text,omitempty"`
	Attachments []attachment `json:"attachments,omitempty"`
}

// message is what a user sends.
type message struct {
	ID          string       `json:"_id"`
	Room        string       `json:"rid"`
	Text        string       `json:"msg"`
	Attachments []attachment `json:"attachments,omitempty"`
}

// Send posts one part of d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	now, file := s.turn(d)
	text, below := say(now)
	if text == "" && len(below) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	if s.personal() {
		return s.speak(ctx, now, file, message{ID: messageID(d.Key()), Text: text, Attachments: below})
	}
	answer, err := s.call(ctx, http.MethodPost, s.hook.Reveal(), chat.JSON(payload{Text: text, Attachments: below}))
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// speak shows d's file as the user, or sends m.
func (s *Sender) speak(ctx context.Context, d chat.Delivery, file bool, m message) (chat.Receipt, error) {
	var err error
	if m.Room, err = s.room(ctx, native(d.Channel)); err != nil {
		return chat.Receipt{}, err
	}
	if file {
		if receipt, done, err := s.attach(ctx, d, m.Room); done {
			return receipt, err
		}
	}
	receipt, err := s.post(ctx, m)
	if retry.AdviceOn(err).Broken {
		s.rooms.Delete(native(d.Channel)) // the name may be another room's by now
	}
	return receipt, err
}

// post sends m. A server that has a message of that id already answers as if
// something were wrong; then it is asked whether it has.
func (s *Sender) post(ctx context.Context, m message) (chat.Receipt, error) {
	answer, err := s.call(ctx, http.MethodPost, s.base+"chat.sendMessage", chat.JSON(map[string]message{"message": m}))
	if err != nil {
		return chat.Receipt{}, err
	}
	if double(answer) {
		switch there, err := s.has(ctx, m.ID); {
		case err != nil:
			return chat.Receipt{}, err
		case there:
			return chat.Receipt{MessageID: m.ID}, nil
		}
	}
	receipt, err := judge(answer)
	if err == nil {
		receipt.MessageID = m.ID
	}
	return receipt, err
}

// has asks whether a message is there. Its error is that of an attempt that said
// nothing.
func (s *Sender) has(ctx context.Context, id string) (bool, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"chat.getMessage?msgId="+url.QueryEscape(id), nil)
	switch {
	case err != nil:
		return false, retry.With(err)
	case answer.Status == http.StatusTooManyRequests || answer.Status >= http.StatusInternalServerError:
		return false, refusal(answer, read(answer))
	}
	var found struct {
		Message struct {
			ID string `json:"_id"`
		} `json:"message"`
	}
	return answer.OK() && answer.Decode(&found) == nil && found.Message.ID == id, nil
}

// messageID is the same at every attempt and differs between notifications and
// their parts.
func messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])[:idLen]
}

func (s *Sender) call(ctx context.Context, method, address string, body []byte) (chat.Answer, error) {
	contentType := ""
	if body != nil {
		contentType = "application/json"
	}
	return s.send(ctx, method, address, contentType, body)
}

func (s *Sender) send(ctx context.Context, method, address, contentType string, body []byte) (chat.Answer, error) {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	if s.personal() {
		header.Set("X-Auth-Token", s.token.Reveal())
		header.Set("X-User-Id", s.user)
	}
	return chat.Post(ctx, s.http, chat.Call{
		Method: method, URL: address, Header: header, Body: body, Secrets: []secret.Text{s.token},
	})
}
