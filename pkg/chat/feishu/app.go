package feishu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const jsonType = "application/json; charset=utf-8"

// app speaks as an app's bot. It keeps the app's tenant_access_token, which holds
// for two hours.
type app struct {
	base   string
	id     string
	secret secret.Text
	http   *http.Client

	turn  chan struct{} // whoever is in it may look at the token and ask for a new one
	token secret.Text
	until time.Time
}

func newApp(base string, c Config, client *http.Client) *app {
	return &app{base: base, id: c.AppID, secret: c.AppSecret, http: client, turn: make(chan struct{}, 1)}
}

// appCall is what im/v1/messages takes; its content is JSON within JSON.
type appCall struct {
	Receiver string `json:"receive_id"`
	Kind     string `json:"msg_type"`
	Content  string `json:"content"`
	UUID     string `json:"uuid"`
}

// send posts c to d's chat.
func (a *app) send(ctx context.Context, d chat.Delivery, c content) (chat.Receipt, error) {
	kind, id, err := receiver(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	answer, err := a.call(ctx, chat.Call{
		URL:  a.base + "/open-apis/im/v1/messages?receive_id_type=" + kind,
		Body: chat.JSON(appCall{Receiver: id, Kind: c.kind(), Content: string(c.json()), UUID: uuid(d.Key())}),
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return judge(answer)
}

// uuid is the same at every attempt; Feishu takes fifty characters.
func uuid(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// call calls with the token, and once more with a new one where the platform
// takes it for none: then it has done nothing.
func (a *app) call(ctx context.Context, c chat.Call) (chat.Answer, error) {
	var stale secret.Text
	kind := c.Header.Get("Content-Type")
	if kind == "" {
		kind = jsonType
	}
	for attempt := 0; ; attempt++ {
		token, err := a.fresh(ctx, stale)
		if err != nil {
			return chat.Answer{}, err
		}
		c.Header = http.Header{"Content-Type": {kind}, "Authorization": {"Bearer " + token.Reveal()}}
		c.Secrets = []secret.Text{token, a.secret}
		answer, err := chat.Post(ctx, a.http, c)
		if err != nil || attempt > 0 || !tokenRefused(answer) {
			return answer, err
		}
		stale = token
	}
}

// tokenRefused: the token is unknown, invalid or of another kind.
func tokenRefused(a chat.Answer) bool {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil || r.Code == nil {
		return false
	}
	switch *r.Code {
	case 99991661, 99991663, 99991668, 99991671:
		return true
	}
	return false
}

// fresh gives the token that is kept, unless it has expired or is the stale one.
// All who need a new one wait for the first who asks.
func (a *app) fresh(ctx context.Context, stale secret.Text) (secret.Text, error) {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return secret.Text{}, fmt.Errorf("not sent: %w", ctx.Err())
	}
	if a.token != stale && time.Now().Before(a.until) {
		return a.token, nil
	}
	token, lasts, err := a.ask(ctx)
	if err != nil {
		return secret.Text{}, err
	}
	a.token, a.until = token, time.Now().Add(lasts*9/10) // not up to its last second
	return token, nil
}

// ask gets a tenant_access_token and for how long it holds:
// https://open.feishu.cn/document/server-docs/authentication-management/access-token/tenant_access_token_internal.
func (a *app) ask(ctx context.Context) (secret.Text, time.Duration, error) {
	answer, err := chat.Post(ctx, a.http, chat.Call{
		URL:    a.base + "/open-apis/auth/v3/tenant_access_token/internal",
		Header: http.Header{"Content-Type": {jsonType}},
		Body:   chat.JSON(map[string]string{"app_id": a.id, "app_secret": a.secret.Reveal()}), Secrets: []secret.Text{a.secret},
	})
	if err != nil {
		return secret.Text{}, 0, unasked(err)
	}
	var r struct {
		Token  secret.Text `json:"tenant_access_token"`
		Expire float64     `json:"expire"` // seconds
	}
	if answer.OK() && json.Unmarshal(answer.Body, &r) != nil { // its words may hold half a token
		return secret.Text{}, 0, unasked(answer.Err("the answer is not the JSON it should be"))
	}
	if _, err := judge(answer); err != nil {
		return secret.Text{}, 0, unasked(err)
	}
	if r.Token.Empty() {
		return secret.Text{}, 0, unasked(answer.Err("the answer holds none"))
	}
	return r.Token, time.Duration(r.Expire * float64(time.Second)), nil
}

// unasked says of what err is.
func unasked(err error) error { return unsaid(fmt.Errorf("tenant_access_token: %w", err)) }

// probe asks which bot the app is.
func (a *app) probe(ctx context.Context) (string, error) {
	answer, err := a.call(ctx, chat.Call{Method: http.MethodGet, URL: a.base + "/open-apis/bot/v3/info"})
	if err != nil {
		return "", err
	}
	if _, err := judge(answer); err != nil {
		return "", err
	}
	var r struct {
		Bot struct {
			Name string `json:"app_name"`
		} `json:"bot"`
	}
	if err := answer.Decode(&r); err != nil || r.Bot.Name == "" {
		return "", answer.Err("the answer is not Feishu's")
	}
	return "bot " + chat.Clean(r.Bot.Name), nil
}
