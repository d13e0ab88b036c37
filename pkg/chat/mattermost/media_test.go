package mattermost_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// store takes an upload, as raw bytes.
func (s *server) store(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Bearer "+token || s.refuse != 0 {
		w.WriteHeader(s.refuse)
		_, _ = w.Write([]byte(`{"id":"api.x.app_error","message":"no ` + token + `"}`))
		return
	}
	query := r.URL.Query()
	s.uploads = append(s.uploads, query.Get("channel_id")+" "+query.Get("filename")+" "+string(body))
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"file_infos":[{"id":"f%d"}],"client_ids":[]}`, len(s.uploads))
}

// withFiles is a delivery of so many attachments; "gone" cannot be had.
func withFiles(channel string, names ...string) chat.Delivery {
	d := hello(channel)
	for _, name := range names {
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: name, URL: "https://example.com/" + name})
	}
	d.Open = func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		if a.Name == "gone" {
			return chat.File{}, errors.New("it is gone")
		}
		return chat.File{Name: a.Name, Type: "image/png", Data: []byte("of " + a.Name)}, nil
	}
	return d
}

const graph = "**hello**\n[📎 graph](https://example.com/graph)"

func TestFilesGoWithTheLastPart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := s.bot(t)
	d := withFiles("acme:ops", "a b&c", "gone", "b", "c", "d")
	if !m.Capabilities().Files || s.hook(t).Capabilities().Files {
		t.Error("want files of a bot only")
	}
	for attempt := range 2 {
		s.uploads = nil
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		want := []string{channel + " a b&c of a b&c", channel + " b of b", channel + " c of c"}
		if !slices.Equal(s.uploads, want) {
			t.Errorf("uploaded %q, want %q", s.uploads, want)
		}
		got := s.posts[attempt]
		if !slices.Equal(got.Files, []string{"f1", "f2", "f3"}) || got.Message != "**hello**\n[📎 gone](https://example.com/gone)\n[📎 d](https://example.com/d)" {
			t.Errorf("said %+v, want three files and two links", got)
		}
		if got.Pending != s.posts[0].Pending {
			t.Error("the second attempt is another post")
		}
	}
}

func TestAMessageMayBeAFileAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	d := withFiles(channel, "graph")
	d.Message.Title = ""
	if _, err := s.bot(t).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := s.posts[0]; got.Message != "" || len(got.Files) != 1 {
		t.Errorf("said %+v, want a file alone", got)
	}
}

func TestFilesDoNotChangeThePartsThatWereCounted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := s.bot(t)
	d := withFiles(channel, "graph")
	d.Message.Body = chat.Plain(strings.Repeat("x", 16383-len("**hello**\n")))
	without := d
	without.Open = nil
	parts := m.Parts(d)
	if parts != 2 || m.Parts(without) != parts {
		t.Fatalf("%d parts, and %d without files, want 2", parts, m.Parts(without))
	}
	for d.Part = range parts {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if first, last := s.posts[0], s.posts[1]; len(first.Files) != 0 || len(last.Files) != 1 || last.Message == "" || last.Message == first.Message {
		t.Errorf("the files are %q and %q, want one with the last part", first.Files, last.Files)
	}
	if len(s.uploads) != 1 {
		t.Errorf("%d uploads, want 1", len(s.uploads))
	}
}

func TestAFileThatCannotBeUploadedIsALink(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*server, *chat.Delivery){
		"too large":       func(s *server, _ *chat.Delivery) { s.refuse = http.StatusRequestEntityTooLarge },
		"not allowed":     func(s *server, _ *chat.Delivery) { s.refuse = http.StatusForbidden },
		"no files at all": func(s *server, _ *chat.Delivery) { s.refuse = http.StatusNotImplemented },
		"sent elsewhere":  func(s *server, _ *chat.Delivery) { s.refuse = http.StatusFound },
		"said once more":  func(_ *server, d *chat.Delivery) { d.Plain = true },
		"not to be had":   func(_ *server, d *chat.Delivery) { d.Open = nil },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := newServer(t), withFiles(channel, "graph")
			change(s, &d)
			if _, err := s.bot(t).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			want := graph
			if d.Plain {
				want = "hello\n📎 graph: https://example.com/graph"
			}
			if got := s.posts[0]; got.Message != want || len(got.Files) != 0 {
				t.Errorf("said %+v, want %q", got, want)
			}
		})
	}
	s, d := newServer(t), withFiles("default", "graph")
	if _, err := s.hook(t).Send(t.Context(), d); err != nil || s.posts[0].Text != graph {
		t.Errorf("a webhook said %+v, want %q: %v", s.posts, graph, err)
	}
}

func TestAnUploadThatFailsIsTriedAgainAndNothingIsSaid(t *testing.T) {
	t.Parallel()
	cases := map[int]retry.Advice{
		http.StatusInternalServerError: {},
		http.StatusOK:                  {}, // it names no file
		http.StatusTooManyRequests:     {Kind: retry.Later, Guess: true, Reach: retry.Account},
		http.StatusUnauthorized:        {Kind: retry.Hopeless, Broken: true, Reach: retry.Account},
	}
	for status, want := range cases {
		s, d := newServer(t), withFiles(channel, "graph")
		s.refuse = status
		_, err := s.bot(t).Send(t.Context(), d)
		got := retry.AdviceOn(err)
		got.After = 0
		if err == nil || got != want || len(s.posts) != 0 {
			t.Errorf("%d: advice %+v with %d posts, want %+v and none: %v", status, got, len(s.posts), want, err)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%d: the error shows the token: %v", status, err)
		}
		s.refuse = 0
		if _, err := s.bot(t).Send(t.Context(), d); err != nil || len(s.posts) != 1 || len(s.posts[0].Files) != 1 {
			t.Errorf("%d: after it said %+v, want one post with a file: %v", status, s.posts, err)
		}
	}
}
