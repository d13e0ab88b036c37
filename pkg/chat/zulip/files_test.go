package zulip_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/zulip"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// storage is a Zulip that takes files: each has a number.
type storage struct {
	url      string
	uploads  []string // name, type and content
	said     []string
	answer   string // to an upload, in the place of its own
	status   int
	lost     bool // no upload is answered
	misspeak bool // the next message is not taken
}

func newStorage(t *testing.T) *storage {
	t.Helper()
	s := &storage{status: http.StatusOK}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/user_uploads", s.store)
	mux.HandleFunc("POST /api/v1/messages", func(w http.ResponseWriter, r *http.Request) {
		if s.misspeak {
			s.misspeak = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.said = append(s.said, r.PostFormValue("content"))
		_, _ = w.Write([]byte(`{"result":"success","id":42}`))
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func (s *storage) store(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	file, head, err := r.FormFile("filename")
	if s.lost || err != nil || user != email || password != key {
		panic(http.ErrAbortHandler)
	}
	data, _ := io.ReadAll(file)
	s.uploads = append(s.uploads, fmt.Sprintf("%s %s %s", head.Filename, head.Header.Get("Content-Type"), data))
	w.WriteHeader(s.status)
	if s.answer != "" {
		_, _ = w.Write([]byte(s.answer))
		return
	}
	_, _ = fmt.Fprintf(w, `{"result":"success","url":"/user_uploads/2/%d/graph.png"}`, len(s.uploads))
}

func (s *storage) send(t *testing.T, d chat.Delivery) error {
	t.Helper()
	z, err := zulip.New(zulip.Config{URL: s.url, Email: email, APIKey: secret.New(key)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Send(t.Context(), d)
	return err
}

// withFiles is a delivery of so many attachments.
func withFiles(count int) chat.Delivery {
	d := chat.Delivery{ID: "n-1", Channel: "general", Message: chat.Message{Title: "hello", Footer: "the end"}}
	for n := range count {
		name := fmt.Sprintf("graph%d", n)
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: name, URL: "https://example.com/" + name})
	}
	d.Open = func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		return chat.File{Name: a.Name + ".png", Type: "image/png", Data: []byte("bytes of " + a.Name)}, nil
	}
	return d
}

func TestFilesAreUploadedAndNamed(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	if err := s.send(t, withFiles(4)); err != nil {
		t.Fatal(err)
	}
	uploads := []string{
		"graph0.png image/png bytes of graph0", "graph1.png image/png bytes of graph1", "graph2.png image/png bytes of graph2",
	}
	if !slices.Equal(s.uploads, uploads) {
		t.Errorf("uploaded %q, want %q", s.uploads, uploads)
	}
	want := "**hello**\n[📎 graph0](/user_uploads/2/1/graph.png)\n[📎 graph1](/user_uploads/2/2/graph.png)\n" +
		"[📎 graph2](/user_uploads/2/3/graph.png)\n[📎 graph3](https://example.com/graph3)\nthe end"
	if !slices.Equal(s.said, []string{want}) {
		t.Errorf("said %q, want %q", s.said, want)
	}
}

func TestAFileThatIsNotUploadedIsALink(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*storage, *chat.Delivery){
		"not to be had": func(_ *storage, d *chat.Delivery) { d.Open = nil },
		"not opened": func(_ *storage, d *chat.Delivery) {
			d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
				return chat.File{}, errors.New("too large")
			}
		},
		"too large": func(s *storage, _ *chat.Delivery) { s.status, s.answer = 413, "<html>" },
		"no room left": func(s *storage, _ *chat.Delivery) {
			s.status, s.answer = 400, `{"result":"error","code":"BAD_REQUEST","msg":"Upload would exceed your organization's maximum quota"}`
		},
		"no in a 200":     func(s *storage, _ *chat.Delivery) { s.answer = `{"result":"error","msg":"no"}` },
		"no uploads here": func(s *storage, _ *chat.Delivery) { s.status, s.answer = 403, `{"result":"error","msg":"no"}` },
		"another's page":  func(s *storage, _ *chat.Delivery) { s.answer = "<html>" },
		"no address":      func(s *storage, _ *chat.Delivery) { s.answer = `{"result":"success"}` },
		"another address": func(s *storage, _ *chat.Delivery) {
			s.answer = `{"result":"success","url":"/user_uploads/a) @**all**"}`
		},
		"a long address": func(s *storage, _ *chat.Delivery) {
			s.answer = `{"result":"success","url":"/user_uploads/` + strings.Repeat("a", 300) + `"}`
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := newStorage(t), withFiles(1)
			change(s, &d)
			if err := s.send(t, d); err != nil {
				t.Fatal(err)
			}
			if want := []string{"**hello**\n[📎 graph0](https://example.com/graph0)\nthe end"}; !slices.Equal(s.said, want) {
				t.Errorf("said %q, want %q", s.said, want)
			}
		})
	}
}

func TestOlderServersCallItURI(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.answer = `{"result":"success","uri":"/user_uploads/1/old.png"}`
	if err := s.send(t, withFiles(1)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"**hello**\n[📎 graph0](/user_uploads/1/old.png)\nthe end"}; !slices.Equal(s.said, want) {
		t.Errorf("said %q, want %q", s.said, want)
	}
}

func TestASecondAttemptUploadsAgainAndSaysItOnce(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.misspeak = true
	if err := s.send(t, withFiles(1)); err == nil {
		t.Fatal("a message that was not taken is no error")
	}
	if err := s.send(t, withFiles(1)); err != nil {
		t.Fatal(err)
	}
	if len(s.uploads) != 2 || s.uploads[0] != s.uploads[1] || len(s.said) != 1 {
		t.Errorf("uploaded %q and said %q, want the same twice and one message", s.uploads, s.said)
	}
}

func TestAnUploadWithoutAnAnswerIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	s.lost = true
	err := s.send(t, withFiles(1))
	if err == nil || retry.AdviceOn(err) != (retry.Advice{}) || len(s.said) != 0 {
		t.Fatalf("advice %+v and %d messages, want to try again: %v", retry.AdviceOn(err), len(s.said), err)
	}
	if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), basic) {
		t.Errorf("the error shows a secret: %v", err)
	}
}

func TestPartsAreTheSameWhereverAFileIs(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	z, err := zulip.New(zulip.Config{URL: s.url, Email: email, APIKey: secret.New(key)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	for size := 9_000; size < 10_100; size += 20 {
		d := withFiles(3)
		d.Message.Body = chat.Plain(strings.Repeat("a", size))
		parts := z.Parts(d)
		shut := d
		shut.Open = nil
		for _, d := range []chat.Delivery{d, shut} {
			if got := z.Parts(d); got != parts {
				t.Fatalf("%d characters are %d parts, want %d", size, got, parts)
			}
			d.Part = parts - 1
			if err := s.send(t, d); err != nil {
				t.Fatal(err)
			}
			last := s.said[len(s.said)-1]
			if chat.Runes.Len(last) > 10_000 || strings.Count(last, "📎") != 3 || !strings.Contains(last, "the end") {
				t.Fatalf("%d characters end in %d characters: %q", size, chat.Runes.Len(last), last[max(0, len(last)-200):])
			}
		}
	}
}
