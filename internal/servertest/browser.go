package servertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Browser is a real one without a window, driven over WebDriver, the W3C's
// protocol. Its methods fail the test when it does not obey.
type Browser struct {
	*Program
	session string // the address of its session
}

// StartBrowser starts Chromium with a profile of its own, that calls nobody by
// itself.
func StartBrowser(tb testing.TB) *Browser {
	tb.Helper()
	driver, chromium, free := Find(tb, "chromedriver"), Find(tb, "chromium"), ports(tb, 1)
	b := &Browser{Program: start(tb, free, driver, "--port="+free[0])}
	options := map[string]any{
		"binary": chromium,
		"args": []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + tb.TempDir(),
		},
	}
	var opened struct {
		SessionID string `json:"sessionId"`
	}
	b.session = "http://127.0.0.1:" + free[0] + "/session"
	b.call(http.MethodPost, "", map[string]any{
		"capabilities": map[string]any{"alwaysMatch": map[string]any{"goog:chromeOptions": options}},
	}, &opened)
	b.session += "/" + opened.SessionID
	tb.Cleanup(func() { b.call(http.MethodDelete, "", map[string]any{}, nil) })
	return b
}

// Visit opens a page and waits until it is loaded.
func (b *Browser) Visit(url string) {
	b.tb.Helper()
	b.call(http.MethodPost, "/url", map[string]any{"url": url}, nil)
}

// Run calls a function whose body is script, within the page, and decodes what
// it returns; a promise is awaited.
func (b *Browser) Run(result any, script string, args ...any) {
	b.tb.Helper()
	b.call(http.MethodPost, "/execute/sync", map[string]any{"script": script, "args": append([]any{}, args...)}, result)
}

func (b *Browser) call(method, path string, body, result any) {
	b.tb.Helper()
	if err := b.ask(method, path, body, result); err != nil {
		b.tb.Fatalf("browser: %s %s: %v\n%s", method, path, err, b.Log())
	}
}

// ask is one command of WebDriver, whose answer is {"value": ...}.
func (b *Browser) ask(method, path string, body, result any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, b.session+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", answer.StatusCode, said)
	}
	return json.Unmarshal(said, &struct {
		Value any `json:"value"`
	}{result})
}
