package examples_test

import (
	"net/http"
	"strings"
	"testing"

	"postern/pkg/plugin/examples"
	"postern/pkg/plugin/plugintest"
	"postern/pkg/webhook"
)

// calls are one genuine request of each endpoint.
func calls(t *testing.T) map[string]*webhook.Request {
	t.Helper()
	return map[string]*webhook.Request{
		"/github":        fromGitHub("push", `{}`),
		"/resource":      withToken(request(http.MethodGet, "", nil)),
		"/upload_report": upload{"Daily", "team", "a.txt", "text/plain", "report_file", []byte("fine")}.request(t),
		"/start_job":     startJob(`{"notify_chat_key":"team"}`),
	}
}

func TestEveryEndpointProvesItsCaller(t *testing.T) {
	t.Parallel()
	for path, genuine := range calls(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			e := endpoint(t, path)
			want := map[string]string{}
			got := map[string]string{}
			ask := func(name, code string, change func(http.Header)) {
				r := *genuine
				r.Header = genuine.Header.Clone()
				change(r.Header)
				want[name], got[name] = code, plugintest.Receive(t.Context(), e, &r).Code
			}
			ask("genuine", "", func(http.Header) {})
			ask("missing", "signature_missing", func(h http.Header) {
				h.Del("X-Hub-Signature-256")
				h.Del("Authorization")
			})
			ask("empty", "signature_missing", func(h http.Header) {
				h.Set("X-Hub-Signature-256", "")
				h.Set("Authorization", "")
			})
			ask("wrong", "signature_mismatch", func(h http.Header) {
				h.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
				h.Set("Authorization", "Bearer nonsense")
			})
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s: got code %q, want %q", name, got[name], want[name])
				}
			}
		})
	}
}

func TestWithoutSettingsEverythingIsRefused(t *testing.T) {
	t.Parallel()
	bare := plugintest.Mount(t, examples.Plugin(), map[string]any{"github_secret": "", "notification_chat_key": "team"})
	for path, r := range calls(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got := plugintest.Receive(t.Context(), bare.Endpoint(path), r)
			if got.Status != 500 || got.Code != "secret_not_configured" {
				t.Errorf("with a header: got %d %s, want 500 secret_not_configured", got.Status, got.Code)
			}
			unsigned := *r
			unsigned.Header = http.Header{}
			got = plugintest.Receive(t.Context(), bare.Endpoint(path), &unsigned)
			if got.Status != 400 || got.Code != "signature_missing" {
				t.Errorf("without: got %d %s, want 400 signature_missing", got.Status, got.Code)
			}
		})
	}
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := examples.Plugin().Mount(func(into any) error {
		return plugintest.Decode(map[string]any{"secret": "x"}, into)
	})
	if err == nil || !strings.Contains(err.Error(), "secret: unknown key") {
		t.Errorf("mount: got %v, want an error that names the unknown key", err)
	}
}
