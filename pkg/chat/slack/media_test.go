package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/slack"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const uploadKey = "secretUploadKey"

// workspace is a Slack that takes files, and notes what it was told.
type workspace struct {
	*httptest.Server
	lock   sync.Mutex
	told   []string
	answer map[string]string // by the path's last word, in the place of its own
	status map[string]int
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{answer: map[string]string{}, status: map[string]int{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	w.answer["files.getUploadURLExternal"] = `{"ok":true,"file_id":"F1","upload_url":"` + w.URL + `/bytes/` + uploadKey + `"}`
	w.answer["files.completeUploadExternal"] = `{"ok":true,"files":[{"id":"F1"}]}`
	w.answer["chat.postMessage"] = `{"ok":true,"ts":"1.5"}`
	w.answer["bytes"] = "OK - 5"
	return w
}

func (w *workspace) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.lock.Lock()
	defer w.lock.Unlock()
	body, _ := io.ReadAll(r.Body)
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	said := string(body)
	switch method {
	case "/bytes/" + uploadKey:
		method = "bytes"
		said += " " + r.Header.Get("Authorization") // none
	case "chat.postMessage":
		var m struct{ Text string }
		_ = json.Unmarshal(body, &m)
		said = m.Text
	}
	w.told = append(w.told, strings.TrimSpace(method+" "+said))
	if code := w.status[method]; code != 0 {
		out.WriteHeader(code)
	}
	_, _ = io.WriteString(out, w.answer[method])
}

func (w *workspace) bot(t *testing.T) *slack.Sender {
	t.Helper()
	s, err := slack.New(slack.Config{Token: secret.New(token), APIURL: w.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withFiles is a delivery of so many attachments.
func withFiles(channel string, names ...string) chat.Delivery {
	d := chat.Delivery{ID: "n-1", Channel: channel, Message: chat.Message{Title: "hello"}}
	for _, name := range names {
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: name, URL: "https://example.com/" + name})
	}
	d.Open = func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		return chat.File{Name: a.Name, Type: "image/png", Data: []byte("12345")}, nil
	}
	return d
}

const (
	asked = "files.getUploadURLExternal filename=graph&length=5"
	bytes = "bytes 12345"
	shown = `files.completeUploadExternal {"files":[{"id":"F1","title":"graph"}],"channel_id":"C0123"}`
	link  = "chat.postMessage <https://example.com/graph|📎 graph>"
)

func TestFilesAreMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	s, d := w.bot(t), withFiles("channel_C0123", "graph")
	d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: "unsafe", URL: "file:///etc/passwd"}) // is none
	without := d
	without.Open = nil
	if parts := s.Parts(d); parts != 2 || s.Parts(without) != 2 || !s.Capabilities().Files {
		t.Fatalf("%d parts, and %d without files, want a text and a file", parts, s.Parts(without))
	}
	for _, d.Part = range []int{0, 1, 1} { // the second attempt says the same
		if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"chat.postMessage *hello*", asked, bytes, shown, asked, bytes, shown}; !slices.Equal(w.told, want) {
		t.Errorf("told %q, want %q", w.told, want)
	}
}

func TestMoreThanThreeFilesAndThoseOfAnUnknownChannelAreLinks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		channel string
		parts   int
		text    string
	}{
		"the fourth":        {"G1", 4, "*hello*\n<https://example.com/d|📎 d>"},
		"a direct message":  {"private_D1", 4, "*hello*\n<https://example.com/d|📎 d>"},
		"a channel by name": {"#ops", 1, "*hello*\n<https://example.com/a|📎 a>\n<https://example.com/b|📎 b>\n<https://example.com/c|📎 c>\n<https://example.com/d|📎 d>"},
		"a user":            {"U1", 1, "*hello*\n<https://example.com/a|📎 a>\n<https://example.com/b|📎 b>\n<https://example.com/c|📎 c>\n<https://example.com/d|📎 d>"},
	}
	for name, c := range cases {
		w, d := newWorkspace(t), withFiles(c.channel, "a", "b", "c", "d")
		s := w.bot(t)
		if parts := s.Parts(d); parts != c.parts {
			t.Errorf("%s: %d parts, want %d", name, parts, c.parts)
		}
		if _, err := s.Send(t.Context(), d); err != nil || !slices.Equal(w.told, []string{"chat.postMessage " + c.text}) {
			t.Errorf("%s: told %q, want %q: %v", name, w.told, c.text, err)
		}
	}
	hook, err := slack.New(slack.Config{WebhookURL: secret.New("https://hooks.slack.com/services/T/B/" + hookKey)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	d := withFiles("default", "graph")
	if hook.Capabilities().Files || hook.Parts(d) != 1 || !strings.Contains(hook.Preview(d), "|📎 graph>") {
		t.Errorf("a webhook says %q, want a link", hook.Preview(d))
	}
}

func TestAMessageMayBeAFileAlone(t *testing.T) {
	t.Parallel()
	w, d := newWorkspace(t), withFiles("C0123", "graph")
	d.Message.Title = ""
	if parts := w.bot(t).Parts(d); parts != 1 {
		t.Fatalf("%d parts, want a file", parts)
	}
	if _, err := w.bot(t).Send(t.Context(), d); err != nil || !slices.Equal(w.told, []string{asked, bytes, shown}) {
		t.Errorf("told %q: %v", w.told, err)
	}
}

func TestAFileThatCannotBeUploadedIsALink(t *testing.T) {
	t.Parallel()
	const get, done = "files.getUploadURLExternal", "files.completeUploadExternal"
	cases := map[string]struct {
		change func(w *workspace, d *chat.Delivery)
		told   []string
	}{
		"not to be had": {func(_ *workspace, d *chat.Delivery) {
			d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
				return chat.File{}, errors.New("gone")
			}
		}, []string{link}},
		"said once more":      {func(_ *workspace, d *chat.Delivery) { d.Plain = true }, []string{"chat.postMessage 📎 graph: https://example.com/graph"}},
		"no right to upload":  {func(w *workspace, _ *chat.Delivery) { w.answer[get] = `{"ok":false,"error":"missing_scope"}` }, []string{asked, link}},
		"no place for it":     {func(w *workspace, _ *chat.Delivery) { w.answer[get] = `{"ok":true}` }, []string{asked, link}},
		"bytes refused":       {func(w *workspace, _ *chat.Delivery) { w.status["bytes"] = http.StatusForbidden }, []string{asked, bytes, link}},
		"bytes led elsewhere": {func(w *workspace, _ *chat.Delivery) { w.status["bytes"] = http.StatusFound }, []string{asked, bytes, link}},
		"not shown": {
			func(w *workspace, _ *chat.Delivery) { w.answer[done] = `{"ok":false,"error":"not_in_channel"}` },
			[]string{asked, bytes, shown, link},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := newWorkspace(t), withFiles("C0123", "graph")
			d.Part = 1
			c.change(w, &d)
			receipt, err := w.bot(t).Send(t.Context(), d)
			if err != nil || receipt.MessageID != "1.5" || !slices.Equal(w.told, c.told) {
				t.Errorf("told %q, want %q: %v", w.told, c.told, err)
			}
		})
	}
}

func TestAnUploadThatFailsIsTriedAgainWithoutDoubt(t *testing.T) {
	t.Parallel()
	const get, done = "files.getUploadURLExternal", "files.completeUploadExternal"
	cases := map[string]struct {
		path, answer string
		status       int
		want         retry.Advice
	}{
		"a proxy's page":       {get, "<html>" + uploadKey, 0, retry.Advice{}},
		"revoked":              {get, `{"ok":false,"error":"token_revoked"}`, 0, retry.Advice{Kind: retry.Hopeless, Broken: true}},
		"the bytes' host down": {"bytes", uploadKey + " " + token, 503, retry.Advice{}},
		"shown, or not":        {done, "<html>", 0, retry.Advice{Kind: retry.Lost}},
		"not known to Slack":   {done, `{"ok":false,"error":"internal_error"}`, 0, retry.Advice{Kind: retry.Lost}},
	}
	for name, c := range cases {
		w, d := newWorkspace(t), withFiles("C0123", "graph")
		d.Part = 1
		good := w.answer[c.path]
		w.answer[c.path], w.status[c.path] = c.answer, c.status
		_, err := w.bot(t).Send(t.Context(), d)
		got := retry.AdviceOn(err)
		if got.Kind != c.want.Kind || got.Broken != c.want.Broken || err == nil {
			t.Errorf("%s: advice %+v, want %+v: %v", name, got, c.want, err)
		}
		if text := fmt.Sprint(err); strings.Contains(text, uploadKey) || strings.Contains(text, token) {
			t.Errorf("%s: the error shows a secret: %s", name, text)
		}
		w.told, w.answer[c.path], w.status[c.path] = nil, good, 0
		if _, err := w.bot(t).Send(t.Context(), d); err != nil || !slices.Equal(w.told, []string{asked, bytes, shown}) {
			t.Errorf("%s: then told %q: %v", name, w.told, err)
		}
	}
}

// roundTrip plays a Slack that is called by https.
type roundTrip func(*http.Request) string

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f(r))), Request: r}, nil
}

func TestNoFileGoesOutInTheClear(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"http://files.example.com/x":  "chat.postMessage",
		"ftp://files.example.com/x":   "chat.postMessage",
		"https://files.example.com/x": "files.completeUploadExternal",
	} {
		var told []string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) string {
			told = append(told, r.URL.Scheme+" "+r.URL.Path)
			return `{"ok":true,"ts":"1","file_id":"F1","upload_url":"` + place + `"}`
		})}
		s, err := slack.New(slack.Config{Token: secret.New(token)}, chat.Tools{HTTP: client})
		if err != nil {
			t.Fatal(err)
		}
		d := withFiles("C0123", "graph")
		d.Part = 1
		if _, err := s.Send(t.Context(), d); err != nil || told[len(told)-1] != "https /api/"+want {
			t.Errorf("%s: told %q, want %s at the end: %v", place, told, want, err)
		}
		if slices.Contains(told, "http /x") {
			t.Errorf("%s: the bytes went out in the clear", place)
		}
	}
}
