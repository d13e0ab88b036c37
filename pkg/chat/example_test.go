package chat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// Config is what stands in the config file under an account of type "pager".
type Config struct {
	Token  secret.Text `yaml:"token"`
	APIURL string      `yaml:"api_url"`
}

// Pager tells the rooms of a platform that knows **bold** and a backslash.
type Pager struct {
	base  string
	token secret.Text
	http  *http.Client
}

var _ chat.Sender = (*Pager)(nil)

// NewPager checks the settings once, so that Send need not.
func NewPager(c Config, tools chat.Tools) (*Pager, error) {
	if err := chat.CheckToken(c.Token); err != nil {
		return nil, fmt.Errorf("token %w", err)
	}
	base, err := chat.Base(c.APIURL, "https://pager.example.com")
	if err != nil {
		return nil, err
	}
	return &Pager{base: base, token: c.Token, http: tools.HTTP}, nil
}

// Capabilities says what the platform can do; what is not named, it cannot.
func (*Pager) Capabilities() chat.Capabilities { return chat.Capabilities{Channels: true} }

// Send makes one call. What its error says is done: see retry.
func (p *Pager) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	dialect := chat.Dialect{
		Escape: chat.EscapeText,
		Bold:   func(s string) string { return "**" + s + "**" },
		Link:   func(text, url string) string { return text + " <" + url + ">" },
	}
	render := func(m chat.Message) string { return dialect.Write(m.Flow()) }
	// Cut before escaping, measured after it: no escape is ever torn.
	text := render(chat.Fit(d.Message.Clean(), 1000, chat.Runes, render))

	answer, err := chat.Post(ctx, p.http, chat.Call{
		URL:     p.base + "/rooms/" + d.Channel,
		Header:  http.Header{"Authorization": {"Bearer " + p.token.Reveal()}},
		Body:    chat.JSON(map[string]string{"text": text, "key": d.ID}),
		Secrets: []secret.Text{p.token},
	})
	if err != nil {
		return chat.Receipt{}, err // it already says whether the call had left
	}
	if !answer.OK() {
		return chat.Receipt{}, answer.Refusal("") // 401, 404, 429, 5xx: by the usual meaning
	}
	var said struct {
		ID string `json:"id"`
	}
	if err := answer.Decode(&said); err != nil {
		return chat.Receipt{}, err // 200 and no JSON: perhaps it arrived, perhaps not
	}
	return chat.Receipt{MessageID: said.ID}, nil
}

// A platform is a Config, a constructor and a Send; its Definition puts it
// under its type in the config. The test of a real one calls chattest.Run.
func Example() {
	definition := chat.Define("pager", NewPager)

	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/rooms/busy" {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		fmt.Println(string(body))
		_, _ = fmt.Fprint(w, `{"id":"17"}`)
	}))
	defer platform.Close()

	// Postern decodes the config file; here it is done by hand.
	sender, err := definition.Build(func(into any) error {
		*into.(*Config) = Config{Token: secret.New("t0ken"), APIURL: platform.URL}
		return nil
	}, chat.Tools{HTTP: platform.Client()})
	if err != nil {
		fmt.Println(err)
		return
	}

	message := chat.Message{
		Title:  "Build *12* failed",
		Body:   chat.ParseText("on **main**"),
		Fields: []webhook.Field{{Name: "Branch", Value: "main"}},
	}
	receipt, err := sender.Send(context.Background(), chat.Delivery{ID: "n-1", Channel: "ops", Message: message})
	fmt.Println(receipt.MessageID, err)

	_, err = sender.Send(context.Background(), chat.Delivery{ID: "n-2", Channel: "busy", Message: message})
	fmt.Println(retry.AdviceOn(err).After, err)

	// Output:
	// {"key":"n-1","text":"**Build \\*12\\* failed**\non **main**\nBranch: main"}
	// 17 <nil>
	// 30s the platform answered 429 Too Many Requests
}
