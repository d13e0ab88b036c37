package telegram_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/telegram"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: telegram.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzTelegram(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := telegram.Definition()
	if d.Name != "telegram" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want telegram with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	both := []secret.Text{secret.New("old-token"), secret.New("new-token")}
	tests := map[string]struct {
		secrets []secret.Text
		tokens  []string
		want    error
	}{
		"the new one":          {both, []string{"new-token"}, nil},
		"the old one":          {both, []string{"old-token"}, nil},
		"another":              {both, []string{"another"}, verify.ErrRejected},
		"more than it":         {both, []string{"new-token "}, verify.ErrRejected},
		"none":                 {both, nil, verify.ErrMissing},
		"an empty header":      {both, []string{""}, verify.ErrMissing},
		"given in two headers": {both, []string{"new-token", "new-token"}, verify.ErrRejected},
		"no secret":            {nil, []string{"new-token"}, verify.ErrNotConfigured},
		"an empty secret":      {[]secret.Text{secret.New("")}, []string{"x"}, verify.ErrNotConfigured},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := telegram.Source{}.Verification(verify.Keys{Secrets: tt.secrets})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{"X-Telegram-Bot-Api-Secret-Token": tt.tokens}})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWhatIsTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		update, kind string
		told         bool
	}{
		"a message":         {`"message":{"from":{"id":1,"first_name":"Ada"}}`, "message", true},
		"a bot's message":   {`"message":{"from":{"id":1,"is_bot":true}}`, "message", false},
		"a channel's post":  {`"channel_post":{}`, "channel_post", true},
		"an edit":           {`"edited_message":{}`, "edited_message", false},
		"a button":          {`"callback_query":{}`, "callback_query", true},
		"a typed query":     {`"inline_query":{}`, "inline_query", false},
		"what nobody knows": {`"brand_new":{}`, "brand_new", false},
		"nothing":           {`"message":null`, "update", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := telegram.Source{}.Events(request(`{"update_id":7,` + tt.update + `}`))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Type != tt.kind || e.Default != tt.told || e.DeliveryID != "7" {
				t.Errorf("got %s %s, default %t, want %s 7, %t", e.Type, e.DeliveryID, e.Default, tt.kind, tt.told)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for chat, want := range map[string]string{
		`"id":-1001234567890`:                   "https://t.me/c/1234567890/5",
		`"id":-1001234567890,"username":"acme"`: "https://t.me/acme/5",
		`"id":-100,"username":"../x"`:           "",
		`"id":-123`:                             "",
		`"id":123,"type":"private"`:             "",
	} {
		t.Run(chat, func(t *testing.T) {
			t.Parallel()
			events, err := telegram.Source{}.Events(request(`{"message":{"message_id":5,"chat":{` + chat + `}}}`))
			if err != nil || events[0].URL != want {
				t.Errorf("got %+v, %v, want %q", events, err, want)
			}
		})
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
