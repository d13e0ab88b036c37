package ntfy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/ntfy"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// keeper is a server that answers a file with refusal, if there is one.
type keeper struct {
	status  int
	refusal string
	heard   []chattest.Call
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	k.heard = append(k.heard, chattest.Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header, Body: body})
	if r.Method == http.MethodPut && k.refusal != "" {
		w.WriteHeader(k.status)
		_, _ = io.WriteString(w, k.refusal)
		return
	}
	_, _ = io.WriteString(w, `{"id":"a"}`)
}

func keeping(t *testing.T, k *keeper) *ntfy.Sender {
	t.Helper()
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	return sender(t, ntfy.Config{URL: server.URL, Token: secret.New(token), Topic: secret.New(topic)})
}

// graphs is a delivery of a text and so many files.
func graphs(count int) chat.Delivery {
	d := chat.Delivery{ID: "n", Message: chat.Message{Title: "Größe =?utf-8?q?x?=", Severity: webhook.Error}}
	for range count {
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: "graph.png", URL: "https://example.com/graph"})
	}
	d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
		return chat.File{Name: "grün\r\nX-Evil: 1.png", Type: "image/png", Data: []byte("12345")}, nil
	}
	return d
}

func TestFilesAreMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	s := keeping(t, k)
	d := graphs(4)
	closed := d
	closed.Open = nil
	if s.Parts(d) != 4 || s.Parts(closed) != 4 {
		t.Fatalf("%d parts, %d where nothing can be had; want a text and three files", s.Parts(d), s.Parts(closed))
	}
	for _, part := range []int{0, 1, 2, 3, 3} {
		d.Part = part
		if receipt, err := s.Send(t.Context(), d); err != nil || receipt.MessageID != "a" {
			t.Fatalf("part %d: %+v, %v", part, receipt, err)
		}
	}
	if got := read(k.heard[0]); len(got.Actions) != 1 || got.Actions[0].URL != "https://example.com/graph" {
		t.Errorf("published %+v, want the fourth file as a button", got)
	}
	for _, c := range k.heard[1:] {
		checkFile(t, c)
	}
}

func checkFile(t *testing.T, c chattest.Call) {
	t.Helper()
	if c.Method != http.MethodPut || c.Path != "/"+topic || string(c.Body) != "12345" || c.Header.Get("Authorization") != "Bearer "+token {
		t.Errorf("%s %s with %q", c.Method, c.Path, c.Body)
	}
	want := map[string]string{
		"Content-Type": "image/png", "Priority": "4", "X-Evil": "",
		"Filename": "grün X-Evil: 1.png", "Message": "📎 grün X-Evil: 1.png", "Title": "Größe =\u200b?utf-8?q?x?=",
	}
	for name, want := range want {
		raw := c.Header.Get(name)
		got, err := (&mime.WordDecoder{}).DecodeHeader(raw)
		if got != want || err != nil || strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: %q is %q: %v, want %q in ASCII", name, raw, got, err, want)
		}
	}
}

func TestAFileThatCannotBeKeptIsALink(t *testing.T) {
	t.Parallel()
	unopened := func(d *chat.Delivery) {
		d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
			return chat.File{}, errors.New("too large")
		}
	}
	asItIs := func(*chat.Delivery) {}
	cases := map[string]struct {
		change func(d *chat.Delivery)
		status int
		code   int
		want   int // calls
	}{
		"not to be had":           {func(d *chat.Delivery) { d.Open = nil }, 0, 0, 1},
		"too large to be had":     {unopened, 0, 0, 1},
		"attachments are off":     {asItIs, 400, 40014, 2},
		"too large":               {asItIs, 413, 41301, 2},
		"no more bandwidth today": {asItIs, 429, 42905, 2},
		"no more room":            {asItIs, 507, 50701, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, k := graphs(1), &keeper{status: c.status}
			if c.code != 0 {
				k.refusal = fmt.Sprintf(`{"code":%d,"error":"no"}`, c.code)
			}
			c.change(&d)
			d.Part = 1
			if _, err := keeping(t, k).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			got := read(k.heard[len(k.heard)-1])
			if got.Message != "📎 graph.png" || len(got.Actions) != 1 || got.Actions[0].URL != "https://example.com/graph" || got.Priority != 4 {
				t.Errorf("published %+v, want the link", got)
			}
			if len(k.heard) != c.want {
				t.Errorf("%d calls, want %d", len(k.heard), c.want)
			}
		})
	}
}

func TestAFileThatMayGoLaterWaits(t *testing.T) {
	t.Parallel()
	cases := map[int]struct {
		status int
		want   retry.Kind
	}{42901: {429, retry.Later}, 42908: {429, retry.Later}, 40301: {403, retry.Hopeless}, 40101: {401, retry.Hopeless}, 50001: {500, retry.Again}}
	for code, c := range cases {
		k := &keeper{status: c.status, refusal: fmt.Sprintf(`{"code":%d,"error":"no, %s, not to %s"}`, code, token, topic)}
		d := graphs(1)
		d.Part = 1
		_, err := keeping(t, k).Send(t.Context(), d)
		if err == nil || retry.AdviceOn(err).Kind != c.want || len(k.heard) != 1 {
			t.Errorf("%d: %d calls, advice %+v: %v, want the error after one", code, len(k.heard), retry.AdviceOn(err), err)
		}
		if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), topic)) {
			t.Errorf("a secret is shown: %v", err)
		}
	}
}

func TestAFileAloneIsALink(t *testing.T) {
	t.Parallel()
	got := send(t, "a", chat.Message{Attachments: []chat.Attachment{{Name: "a.png", Type: "image/png", Upload: "file"}}})
	if got.Message != "📎 a.png" {
		t.Errorf("published %+v, want its name", got)
	}
}

func TestAFileSaidPlainIsItsAddress(t *testing.T) {
	t.Parallel()
	k, d := &keeper{}, graphs(1)
	d.Part, d.Plain, d.Message.Title = 1, true, "hi"
	if _, err := keeping(t, k).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got, want := read(k.heard[0]).Message, "hi\n📎 graph.png: https://example.com/graph"; got != want {
		t.Errorf("published %q, want %q", got, want)
	}
}

func TestAFileWithoutAnAddressIsNamed(t *testing.T) {
	t.Parallel()
	k, d := &keeper{}, graphs(0)
	d.Part, d.Open, d.Message.Attachments = 1, nil, []chat.Attachment{{Name: "graph.png", Upload: "file"}}
	if _, err := keeping(t, k).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := read(k.heard[0]).Message; got != "📎 graph.png" {
		t.Errorf("published %q, want its name", got)
	}
}
