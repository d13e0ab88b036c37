// Package webhook tells a program of yours: it posts the event and its text as
// JSON, signed as Standard Webhooks says. It renders no markup and follows no
// redirect.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// base64Secret begins a secret that is written in base64.
const base64Secret = "whsec_"

// acceptedAt is how times are written: RFC 3339 with milliseconds, in UTC.
const acceptedAt = "2006-01-02T15:04:05.000Z07:00"

// Definition registers this chat as "webhook".
func Definition() chat.Definition { return chat.Define("webhook", New) }

// Config names the receiver.
type Config struct {
	URL    secret.Text `yaml:"url"`    // may hold a key
	Secret secret.Text `yaml:"secret"` // whsec_ and base64, else its raw bytes; none: unsigned
}

// Sender posts to one URL.
type Sender struct {
	url  secret.Text
	raw  secret.Text // the secret as it is written, less its whsec_
	key  secret.Text // its bytes
	http *http.Client
}

var _ chat.Sender = (*Sender)(nil)

// New checks the settings.
func New(c Config, tools chat.Tools) (*Sender, error) {
	if err := chat.CheckAddress(c.URL.Reveal()); err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	if c.Secret != (secret.Text{}) && c.Secret.Empty() {
		return nil, errors.New("secret is empty")
	}
	key, err := keyOf(c.Secret.Reveal())
	if err != nil {
		return nil, err
	}
	raw := strings.TrimPrefix(c.Secret.Reveal(), base64Secret)
	return &Sender{url: c.URL, raw: secret.New(raw), key: secret.New(string(key)), http: tools.HTTP}, nil
}

func keyOf(written string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(written, base64Secret)
	if !ok {
		return []byte(written), nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) == 0 {
		return nil, errors.New("secret begins with whsec_ and goes on with what is no base64")
	}
	return key, nil
}

// Capabilities says that a double does no harm: the receiver knows it by its
// webhook-id.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Unordered: true, Idempotent: true, Event: true}
}

type payload struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      data   `json:"data"`
}

type data struct {
	JobID          string         `json:"job_id"`
	NotificationID string         `json:"notification_id"`
	Title          string         `json:"title"`
	Text           string         `json:"text"`
	Event          *webhook.Event `json:"event"`
}

// Send posts d.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	body := chat.JSON(payload{
		Type:      kind(d.Event),
		Timestamp: d.AcceptedAt.UTC().Format(acceptedAt),
		Data: data{
			JobID: d.JobID, NotificationID: d.ID,
			Title: d.Message.Clean().Title, Text: d.Message.Text(), Event: d.Event,
		},
	})
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.url.Reveal(), Header: s.header(d.ID, time.Now(), body), Body: body,
		Secrets: []secret.Text{s.raw, s.key},
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return chat.Receipt{}, judge(answer)
}

func kind(e *webhook.Event) string {
	if e == nil {
		return "postern.notification"
	}
	return e.Source + "." + e.Type
}

// header holds the time of this attempt; everything else is the same at each.
func (s *Sender) header(id string, now time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	if !s.key.Empty() {
		h.Set("Webhook-Signature", sign(s.key, id, stamp, body))
	}
	return h
}

func sign(key secret.Text, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// judge reads the status: nothing else is promised.
func judge(a chat.Answer) error {
	if a.OK() {
		return nil
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		// A receiver may refuse one message so; only 410 says for good.
		return retry.Never(a.Err(""))
	}
	return a.ByStatus("")
}
