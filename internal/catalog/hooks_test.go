package catalog_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/pkg/chat"
	"postern/pkg/secret"
)

// TestAWebhookOfAFixedHostGoesThroughAPIURL: a proxy, or a test, stands in the place
// of the host; path and query are the webhook's own.
func TestAWebhookOfAFixedHostGoesThroughAPIURL(t *testing.T) {
	t.Parallel()
	hooks := map[string]struct{ url, want string }{
		"dingtalk":   {"https://oapi.dingtalk.com/robot/send?access_token=abc", "/proxy/robot/send?access_token=abc"},
		"discord":    {"https://discord.com/api/webhooks/1/abc?thread_id=7", "/proxy/api/webhooks/1/abc?thread_id=7&wait=true"},
		"feishu":     {"https://open.feishu.cn/open-apis/bot/v2/hook/a%2Fb", "/proxy/open-apis/bot/v2/hook/a%2Fb"},
		"googlechat": {"https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t", "/proxy/v1/spaces/A/messages?key=k&token=t&requestId="},
		"slack":      {"https://hooks.slack.com/services/T/B/abc", "/proxy/services/T/B/abc"},
		"wecom":      {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc", "/proxy/cgi-bin/webhook/send?key=abc"},
	}
	for _, d := range catalog.Chats() {
		hook, ok := hooks[d.Type]
		if !ok {
			continue
		}
		t.Run(d.Type, func(t *testing.T) {
			t.Parallel()
			called := ""
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = r.RequestURI }))
			defer server.Close()
			s, err := d.Build(func(into any) error {
				config := reflect.ValueOf(into).Elem()
				config.FieldByName("WebhookURL").Set(reflect.ValueOf(secret.New(hook.url)))
				config.FieldByName("APIURL").SetString(server.URL + "/proxy/")
				return nil
			}, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = s.Send(t.Context(), chat.Delivery{ID: "n-1", Channel: "default", Message: chat.Message{Title: "hi"}})
			if !strings.HasPrefix(called, hook.want) {
				t.Errorf("called %s, want %s", called, hook.want)
			}
		})
	}
}
