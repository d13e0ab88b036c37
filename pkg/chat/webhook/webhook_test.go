package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/webhook"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestContract(t *testing.T) {
	hopeless := retry.Advice{Kind: retry.Hopeless}
	later := func(status int) chattest.Refusal {
		return chattest.Refusal{
			Answer: chattest.Answer{Status: status, Header: http.Header{"Retry-After": {"9"}}},
			Want:   retry.Advice{Kind: retry.Later, After: 9 * time.Second},
		}
	}
	chattest.Run(t, chattest.Suite{
		ByStatus: true,
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return webhook.New(webhook.Config{
				URL: secret.New(base + "/hook/secret-path?key=secret-query"), Secret: secret.New("whsec_" + key),
			}, tools)
		},
		Secrets: []string{key, "secret-path", "secret-query"},
		OK:      chattest.Answer{Status: http.StatusNoContent},
		Advice:  map[int]retry.Advice{401: hopeless, 403: hopeless, 404: hopeless},
		Answers: map[string]chattest.Refusal{
			"502 with a time":    later(http.StatusBadGateway),
			"503 with a time":    later(http.StatusServiceUnavailable),
			"504 with a time":    later(http.StatusGatewayTimeout),
			"502 without a time": {Answer: chattest.Answer{Status: http.StatusBadGateway}},
			"422":                {Answer: chattest.Answer{Status: http.StatusUnprocessableEntity}, Want: hopeless},
		},
		Varies: []string{"Webhook-Timestamp", "Webhook-Signature"},
		Event:  true, Update: *update,
	})
}

// The vector is that of the official library.
func TestSignatureIsStandardWebhooks(t *testing.T) {
	t.Parallel()
	got := webhook.Vector("whsec_"+key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestSignatureOnTheWire(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		secret string
		key    []byte
	}{
		"base64":   {"whsec_" + key, decoded(t)},
		"raw":      {"plain words", []byte("plain words")},
		"unsigned": {},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := chattest.NewPlatform(t)
			config := webhook.Config{URL: secret.New(p.URL + "/hook/a")}
			if c.secret != "" {
				config.Secret = secret.New(c.secret)
			}
			s, err := webhook.New(config, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Send(t.Context(), chat.Delivery{ID: "n-1", Message: chat.Message{Title: "hi"}}); err != nil {
				t.Fatal(err)
			}
			call := p.Messages()[0]
			want := ""
			if c.key != nil {
				mac := hmac.New(sha256.New, c.key)
				mac.Write([]byte("n-1." + call.Header.Get("webhook-timestamp") + "." + string(call.Body)))
				want = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
			}
			if got := call.Header.Get("webhook-signature"); got != want {
				t.Errorf("webhook-signature %q, want %q", got, want)
			}
			if call.Key != "n-1" {
				t.Errorf("webhook-id %q, want n-1", call.Key)
			}
			if !strings.Contains(string(call.Body), `"type":"postern.notification"`) {
				t.Errorf("body without an event: %s", call.Body)
			}
		})
	}
}

func decoded(t *testing.T) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]webhook.Config{
		"no url":           {},
		"another scheme":   {URL: secret.New("ftp://secret.example.com/")},
		"no host":          {URL: secret.New("https:///secret")},
		"an empty secret":  {URL: secret.New("https://example.com/"), Secret: secret.New("")},
		"no base64":        {URL: secret.New("https://example.com/"), Secret: secret.New("whsec_secret!")},
		"nothing but tag":  {URL: secret.New("https://example.com/"), Secret: secret.New("whsec_")},
		"not even an url%": {URL: secret.New("https://secret%zz/")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := webhook.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret!") || strings.Contains(err.Error(), "example") {
				t.Errorf("the error shows the setting: %v", err)
			}
		})
	}
}
