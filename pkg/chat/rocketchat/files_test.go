package rocketchat_test

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
	"postern/pkg/chat/rocketchat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// storage is a Rocket.Chat that takes files: each has a number.
type storage struct {
	url     string
	uploads []string       // room, name, type and content
	seen    []string       // what the room shows
	media   string         // answers an upload, in the place of its own
	status  int            // of an answer to an upload
	confirm map[int]string // answers so many a confirmation, in the place of its own: an empty one is none
	asked   int            // confirmations
	lost    bool           // no upload is answered
	lock    sync.Mutex     // as a call without an answer ends after its client
}

func newStorage(t *testing.T) *storage {
	t.Helper()
	s := &storage{status: http.StatusOK, confirm: map[int]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/rooms.media/{room}", s.store)
	mux.HandleFunc("POST /api/v1/rooms.mediaConfirm/{room}/{file}", s.show)
	mux.HandleFunc("POST /api/v1/chat.sendMessage", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.seen = append(s.seen, read(body).Msg)
		_, _ = w.Write([]byte(`{"success":true}`))
	})
	mux.HandleFunc("POST /hooks/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.seen = append(s.seen, read(body).Text)
		_, _ = w.Write([]byte(`{"success":true}`))
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.lock.Lock()
		defer s.lock.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func (s *storage) store(w http.ResponseWriter, r *http.Request) {
	file, head, err := r.FormFile("file")
	if s.lost || err != nil || r.Header.Get("X-Auth-Token") != token || r.Header.Get("X-User-Id") != "u1" {
		panic(http.ErrAbortHandler)
	}
	data, _ := io.ReadAll(file)
	s.uploads = append(s.uploads, fmt.Sprintf("%s %s %s %s", r.PathValue("room"), head.Filename, head.Header.Get("Content-Type"), data))
	w.WriteHeader(s.status)
	if s.media != "" {
		_, _ = w.Write([]byte(s.media))
		return
	}
	_, _ = fmt.Fprintf(w, `{"success":true,"file":{"_id":"f%d","url":"/file-upload/f%[1]d/graph.png"}}`, len(s.uploads))
}

// show shows a file, also where it does not say so.
func (s *storage) show(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if json.NewDecoder(r.Body).Decode(&body) != nil || body["msg"] != "" {
		panic("the confirmation is no JSON, or says something")
	}
	answer, other := s.confirm[s.asked]
	if s.asked++; strings.Contains(answer, "false") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(answer))
		return
	}
	s.seen = append(s.seen, r.PathValue("room")+" "+r.PathValue("file"))
	switch {
	case other && answer == "":
		panic(http.ErrAbortHandler)
	case other:
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(answer))
	default:
		_, _ = fmt.Fprintf(w, `{"success":true,"message":{"_id":"m-%s"}}`, r.PathValue("file"))
	}
}

// shown is what the room shows.
func (s *storage) shown() []string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return slices.Clone(s.seen)
}

func (s *storage) user(t *testing.T) *rocketchat.Sender {
	t.Helper()
	r, err := rocketchat.New(rocketchat.Config{URL: s.url, Token: secret.New(token), UserID: "u1"}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withFiles is a delivery of so many attachments.
func withFiles(count int) chat.Delivery {
	d := hello("r1")
	for n := range count {
		name := fmt.Sprintf("graph%d", n)
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: name, URL: "https://example.com/" + name})
	}
	d.Open = func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		return chat.File{Name: a.Name + ".png", Type: "image/png", Data: []byte("bytes of " + a.Name)}, nil
	}
	return d
}

// all sends every part of d and gives the last one's id.
func all(t *testing.T, r *rocketchat.Sender, d chat.Delivery) string {
	t.Helper()
	var last chat.Receipt
	for part := range r.Parts(d) {
		d.Part = part
		var err error
		if last, err = r.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	return last.MessageID
}

func TestFilesAreMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	r := s.user(t)
	if id := all(t, r, withFiles(4)); id != "m-f3" {
		t.Errorf("the last message is %q, want m-f3", id)
	}
	uploads := []string{
		"r1 graph0.png image/png bytes of graph0", "r1 graph1.png image/png bytes of graph1", "r1 graph2.png image/png bytes of graph2",
	}
	if !slices.Equal(s.uploads, uploads) {
		t.Errorf("uploaded %q, want %q", s.uploads, uploads)
	}
	if want := []string{"*hello*\n[📎 graph3](https://example.com/graph3)", "r1 f1", "r1 f2", "r1 f3"}; !slices.Equal(s.shown(), want) {
		t.Errorf("the room shows %q, want %q", s.shown(), want)
	}
}

func TestAFileAloneIsNoEmptyMessage(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	d := withFiles(1)
	d.Message.Title = ""
	all(t, s.user(t), d)
	if want := []string{"r1 f1"}; !slices.Equal(s.shown(), want) {
		t.Errorf("the room shows %q, want %q", s.shown(), want)
	}
}

func TestAWebhookLinksFiles(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	r, err := rocketchat.New(rocketchat.Config{WebhookURL: secret.New(s.url + "/hooks/1/" + hookKey)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	all(t, r, withFiles(1))
	if want := []string{"*hello*\n[📎 graph0](https://example.com/graph0)"}; !slices.Equal(s.shown(), want) || r.Capabilities().Files {
		t.Errorf("the room shows %q, want %q, and no files promised", s.shown(), want)
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
		"an older server": func(s *storage, _ *chat.Delivery) { s.status, s.media = 404, "<html>" },
		"too large":       func(s *storage, _ *chat.Delivery) { s.status, s.media = 413, "<html>" },
		"not of this type": func(s *storage, _ *chat.Delivery) {
			s.status, s.media = 400, `{"success":false,"error":"File type is not accepted. [error-invalid-file-type]"}`
		},
		"not allowed": func(s *storage, _ *chat.Delivery) {
			s.status, s.media = 403, `{"success":false,"error":"unauthorized"}`
		},
		"no in a 200": func(s *storage, _ *chat.Delivery) { s.media = `{"success":false}` },
		"no file":     func(s *storage, _ *chat.Delivery) { s.media = `{"success":true}` },
		"not shown":   func(s *storage, _ *chat.Delivery) { s.confirm[0] = `{"success":false,"error":"invalid-file"}` },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := newStorage(t), withFiles(1)
			parts := s.user(t).Parts(d)
			change(s, &d)
			if got := s.user(t).Parts(d); got != parts {
				t.Errorf("%d parts, want %d", got, parts)
			}
			all(t, s.user(t), d)
			if want := []string{"*hello*", "[📎 graph0](https://example.com/graph0)"}; !slices.Equal(s.shown(), want) {
				t.Errorf("the room shows %q, want %q", s.shown(), want)
			}
		})
	}
}

func TestAnUploadWithoutAnAnswerIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	r, d := s.user(t), withFiles(1)
	s.lost, d.Part = true, 1
	_, err := r.Send(t.Context(), d)
	if err == nil || retry.AdviceOn(err) != (retry.Advice{}) || len(s.shown()) != 0 {
		t.Fatalf("advice %+v and the room shows %q, want to try again: %v", retry.AdviceOn(err), s.shown(), err)
	}
	if strings.Contains(err.Error(), token) {
		t.Errorf("the error shows a secret: %v", err)
	}
	s.lock.Lock()
	s.lost = false
	s.lock.Unlock()
	if _, err := r.Send(t.Context(), d); err != nil || !slices.Equal(s.shown(), []string{"r1 f1"}) {
		t.Errorf("the room shows %q, want the file once: %v", s.shown(), err)
	}
}

// No confirmation has an id of ours: the file is not shown twice, and where none is
// there, the link is.
func TestAFileThatMayBeThereIsNotShownAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"no answer": "", "a failure": "Internal Server Error"} {
		s := newStorage(t)
		r, d := s.user(t), withFiles(2)
		s.confirm[0], d.Part = answer, 1
		_, err := r.Send(t.Context(), d)
		if retry.AdviceOn(err).Kind != retry.Lost || strings.Contains(err.Error(), token) {
			t.Fatalf("%s: got %v, want a lost one without a secret", name, err)
		}
		for d.Part = 1; d.Part <= 2; d.Part++ {
			if _, err := r.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"r1 f1", "[📎 graph0](https://example.com/graph0)", "r1 f2"}; !slices.Equal(s.shown(), want) {
			t.Errorf("%s: the room shows %q, want %q", name, s.shown(), want)
		}
	}
}
