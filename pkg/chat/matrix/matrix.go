// Package matrix tells Matrix rooms through the client-server API of a home
// server. It sends notices, which no bot answers, in the specification's subset of
// HTML. It joins no room and encrypts nothing: in an encrypted room its notices
// are readable, and marked as what they are.
package matrix

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
	"sync"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	// maxContent is how many bytes an event's content may have as JSON. All of an
	// event may have 65,536, with what the servers add to it:
	// https://spec.matrix.org/v1.11/client-server-api/#size-limits.
	maxContent = 48 << 10
	maxParts   = 3        // notices that one message may become; what is longer is cut
	maxFile    = 10 << 20 // bytes of a file; home servers take more or less
	maxFiles   = 3        // as each is an event of its own
	// txnLen is how much of a hash makes a transaction id.
	txnLen = 32
)

// Definition registers this chat as "matrix".
func Definition() chat.Definition { return chat.Define("matrix", New) }

// Config names the home server and the account that speaks. Transactions are known
// by the token's device: a new token for the same account may say twice what was
// under way.
type Config struct {
	URL   string      `yaml:"url"`
	Token secret.Text `yaml:"token"`
}

// Sender speaks for one account.
type Sender struct {
	base  string // of the client-server API
	media string
	token secret.Text
	http  *http.Client
	rooms *sync.Map // the ids of rooms, by their aliases
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Splitter       = (*Sender)(nil)
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
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	return &Sender{
		base: base + "/_matrix/client/v3/", media: base + "/_matrix/media/v3/",
		token: c.Token, http: tools.HTTP, rooms: &sync.Map{},
	}, nil
}

// Capabilities says that a home server knows a transaction that it has seen. Its
// limits are its own to set; two events a second is what most let an account have,
// and each says for how long it will hear no more.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: true, Idempotent: true, Files: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 2, Per: time.Second}}},
	}
}

// Parts says in how many events d is said, its files among them.
func (*Sender) Parts(d chat.Delivery) int {
	parts, files, _ := pages(d)
	return len(parts) + len(files)
}

// Preview gives the notice of d; of files alone links.
func (*Sender) Preview(d chat.Delivery) string {
	parts, files, write := pages(d)
	if len(parts) == 0 {
		parts = []chat.Message{chat.Message{Attachments: files}.Linked()}
	}
	c := write(d.Page(parts))
	return cmp.Or(c.Formatted, c.Body)
}

// Probe asks whom the token belongs to.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	answer, err := s.call(ctx, http.MethodGet, s.base+"account/whoami", "", nil)
	if err != nil {
		return "", err
	}
	var who struct {
		UserID string `json:"user_id"`
		reply
	}
	switch decoded := json.Unmarshal(answer.Body, &who); {
	case !answer.OK():
		return "", refusal(answer, who.reply)
	case decoded != nil || who.UserID == "":
		return "", answer.Err("the answer is not a home server's")
	}
	return who.UserID, nil
}

// Send puts one part of d into its room. The transaction's id makes the same part
// one event, however often it is sent:
// https://spec.matrix.org/v1.11/client-server-api/#transaction-identifiers.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := s.CheckChannel(d.Channel); err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	c, err := s.compose(ctx, d)
	if err != nil {
		return chat.Receipt{}, err
	}
	room, err := s.room(ctx, native(d.Channel))
	if err != nil {
		return chat.Receipt{}, err
	}
	address := s.base + "rooms/" + url.PathEscape(room) + "/send/m.room.message/" + transaction(d.Key())
	answer, err := s.call(ctx, http.MethodPut, address, "application/json", chat.JSON(c))
	if err != nil {
		return chat.Receipt{}, err
	}
	receipt, err := judge(answer)
	if retry.AdviceOn(err).Broken {
		s.rooms.Delete(native(d.Channel)) // the alias may name another room by now
	}
	return receipt, err
}

// transaction is the same at every attempt and differs between notifications and
// their parts.
func transaction(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])[:txnLen]
}

func (s *Sender) call(ctx context.Context, method, address, contentType string, body []byte) (chat.Answer, error) {
	header := http.Header{"Authorization": {"Bearer " + s.token.Reveal()}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return chat.Post(ctx, s.http, chat.Call{
		Method: method, URL: address, Header: header, Body: body, Secrets: []secret.Text{s.token},
	})
}
