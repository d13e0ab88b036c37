package matrix_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/matrix"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	token = "syt_secret_token"
	room  = "!abc:example.org"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

// event is what we read of a content.
type event struct {
	Type      string `json:"msgtype"`
	Body      string `json:"body"`
	Formatted string `json:"formatted_body"`
	Filename  string `json:"filename"`
	URL       string `json:"url"`
	Mentions  *struct {
		Users []string `json:"user_ids"`
		Room  bool     `json:"room"`
	} `json:"m.mentions"`
	Info struct {
		Type string `json:"mimetype"`
		Size int    `json:"size"`
	} `json:"info"`
}

func read(body []byte) event {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return event{}
	}
	return e
}

// inert: the list of who is pinged is there and empty, no word pings those who do
// not read the list, and all of it keeps within the budget.
func inert(c chattest.Call) error {
	e := read(c.Body)
	switch {
	case len(c.Body) > 48<<10:
		return fmt.Errorf("the content is %d bytes long", len(c.Body))
	case e.Mentions == nil || e.Mentions.Room || len(e.Mentions.Users) > 0:
		return errors.New("m.mentions is missing or names somebody")
	case strings.Contains(e.Body+e.Formatted, "@room"):
		return errors.New("@room is unbroken")
	case strings.Contains(e.Formatted, "matrix.to"):
		return errors.New("somebody is linked")
	}
	return nil
}

func fault(status int, body string, want retry.Advice) chattest.Refusal {
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
}

func answers() map[string]chattest.Refusal {
	later := func(d time.Duration) retry.Advice { return retry.Advice{Kind: retry.Later, After: d} }
	header := fault(429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":99000}`, later(3*time.Second))
	header.Answer.Header = http.Header{"Retry-After": {"3"}}
	return map[string]chattest.Refusal{
		"limited, in the header":         header,
		"limited, in milliseconds":       fault(429, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2500}`, later(2500*time.Millisecond)),
		"limited, without a time":        fault(429, `{"errcode":"M_LIMIT_EXCEEDED"}`, later(0)),
		"limited, with another status":   fault(400, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}`, later(2500*time.Millisecond)),
		"unknown token":                  fault(401, `{"errcode":"M_UNKNOWN_TOKEN","error":"Unknown token","soft_logout":true}`, gone),
		"missing token":                  fault(401, `{"errcode":"M_MISSING_TOKEN"}`, gone),
		"deactivated":                    fault(403, `{"errcode":"M_USER_DEACTIVATED"}`, gone),
		"locked":                         fault(401, `{"errcode":"M_USER_LOCKED"}`, gone),
		"suspended":                      fault(403, `{"errcode":"M_USER_SUSPENDED"}`, gone),
		"no home server":                 fault(404, `{"errcode":"M_UNRECOGNIZED"}`, gone),
		"not in the room":                fault(403, `{"errcode":"M_FORBIDDEN","error":"User not in room"}`, gone),
		"not found":                      fault(404, `{"errcode":"M_NOT_FOUND"}`, gone),
		"a room unknown to Dendrite":     fault(400, `{"errcode":"M_UNSUPPORTED_ROOM_VERSION"}`, gone),
		"too large":                      fault(413, `{"errcode":"M_TOO_LARGE"}`, refused),
		"too large for Dendrite":         fault(413, `{"errcode":"M_BAD_JSON","error":"event is too long"}`, refused),
		"too large for a proxy":          fault(413, `<html>`, refused),
		"bad JSON":                       fault(400, `{"errcode":"M_BAD_JSON"}`, refused),
		"no JSON":                        fault(400, `{"errcode":"M_NOT_JSON"}`, refused),
		"a bad parameter":                fault(400, `{"errcode":"M_INVALID_PARAM"}`, refused),
		"the server's month is used up":  fault(403, `{"errcode":"M_RESOURCE_LIMIT_EXCEEDED"}`, later(15*time.Minute)),
		"the account's limit is reached": fault(403, `{"errcode":"M_USER_LIMIT_EXCEEDED"}`, later(15*time.Minute)),
		"who knows, and it is ill":       fault(500, `{"errcode":"M_UNKNOWN"}`, retry.Advice{}),
	}
}

func TestContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return matrix.New(matrix.Config{URL: base + "/", Token: secret.New(token)}, tools)
		},
		Channel:     "room_" + room,
		BadChannels: []string{"general", "room_", "!", "#ops", "@bot:example.org", "room_general"},
		Secrets:     []string{token}, OK: chattest.Answer{Body: `{"event_id":"$1"}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "$1"},
		Text:    func(c chattest.Call) string { return cmp.Or(read(c.Body).Formatted, read(c.Body).Body) },
		Limit:   48 << 10, Unit: chat.Bytes, Inert: inert, Mentions: []string{"@alice:example.org", "room", "bob", `@"><script>:example.org`},
		Answers: answers(), Update: *update,
	})
}

// server is a home server: it knows one alias and remembers what it was sent.
type server struct {
	url string

	mu       sync.Mutex
	room     string // what the alias names
	puts     []string
	events   []event
	asked    int
	uploaded []string
	refuse   map[string]string // the body of a 403, by the beginning of a path
	silent   bool
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{room: room, refuse: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_matrix/client/v3/directory/room/{alias}", func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		if s.silent {
			panic(http.ErrAbortHandler)
		}
		if r.PathValue("alias") != "#ops:example.org" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errcode":"M_NOT_FOUND","error":"Room alias not found."}`))
			return
		}
		_, _ = w.Write([]byte(`{"room_id":"` + s.room + `"}`))
	})
	mux.HandleFunc("GET /_matrix/client/v3/account/whoami", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"user_id":"@postern:example.org"}`))
	})
	mux.HandleFunc("POST /_matrix/media/v3/upload", func(w http.ResponseWriter, r *http.Request) {
		s.uploaded = append(s.uploaded, r.URL.Query().Get("filename")+" "+r.Header.Get("Content-Type"))
		_, _ = w.Write([]byte(`{"content_uri":"mxc://example.org/1"}`))
	})
	mux.HandleFunc("PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/{txn}", func(w http.ResponseWriter, r *http.Request) {
		var e event
		if json.NewDecoder(r.Body).Decode(&e) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.puts, s.events = append(s.puts, r.PathValue("room")+" "+r.PathValue("txn")), append(s.events, e)
		_, _ = w.Write([]byte(`{"event_id":"$1"}`))
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for path, body := range s.refuse {
			if strings.HasPrefix(r.URL.Path, path) {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(body))
				return
			}
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errcode":"M_UNKNOWN_TOKEN"}`))
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func sender(t *testing.T, s *server) *matrix.Sender {
	t.Helper()
	m, err := matrix.New(matrix.Config{URL: s.url, Token: secret.New(token)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hello(channel string) chat.Delivery {
	return chat.Delivery{ID: "n-1", Channel: channel, Message: chat.Message{Title: "hello"}}
}

func TestAnAliasIsAskedForOnceAndAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := sender(t, s)
	for range 3 {
		if _, err := m.Send(t.Context(), hello("#ops:example.org")); err != nil {
			t.Fatal(err)
		}
	}
	if s.asked != 1 {
		t.Errorf("the alias was asked for %d times, want once", s.asked)
	}
	s.refuse["/_matrix/client/v3/rooms/"] = `{"errcode":"M_FORBIDDEN","error":"not in room"}`
	if _, err := m.Send(t.Context(), hello("#ops:example.org")); !retry.AdviceOn(err).Broken {
		t.Fatalf("want a broken chat, got %v", err)
	}
	delete(s.refuse, "/_matrix/client/v3/rooms/")
	s.room = "!new:example.org"
	if _, err := m.Send(t.Context(), hello("#ops:example.org")); err != nil {
		t.Fatal(err)
	}
	if last := s.puts[len(s.puts)-1]; !strings.HasPrefix(last, "!new:example.org ") {
		t.Errorf("sent to %s, want the alias's new room", last)
	}
}

func TestAnAliasThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, err := sender(t, s).Send(t.Context(), hello("#nobody:example.org"))
	if got := retry.AdviceOn(err); got != gone {
		t.Errorf("advice %+v, want %+v: %v", got, gone, err)
	}
	s.silent = true
	_, err = sender(t, s).Send(t.Context(), hello("#ops:example.org"))
	if got := retry.AdviceOn(err); err == nil || got.Kind != retry.Again {
		t.Errorf("advice %+v, want to try again, for nothing was said: %v", got, err)
	}
}

func TestATransactionIsTheSameAtEveryAttempt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := sender(t, s)
	long := hello(room)
	long.Message.Body = chat.Plain(strings.Repeat("word ", 12_000))
	other := hello(room)
	other.ID = "n-2"
	if parts := m.Parts(long); parts < 2 {
		t.Fatalf("%d parts, want several", parts)
	}
	second := long
	second.Part = 1
	for _, d := range []chat.Delivery{long, long, second, other} {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if s.puts[0] != s.puts[1] {
		t.Errorf("two attempts are %s and %s, want the same", s.puts[0], s.puts[1])
	}
	if slices.Sort(s.puts); len(slices.Compact(s.puts)) != 3 {
		t.Errorf("transactions %q, want one for each part and notification", s.puts)
	}
}

func TestEveryKindOfChannelIsTheRoomAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, channel := range []string{room, "room_" + room, "group_" + room, "room_#ops:example.org", "!v12-has_no_server", "!a/b?c#d:e"} {
		if _, err := sender(t, s).Send(t.Context(), hello(channel)); err != nil {
			t.Errorf("%s: %v", channel, err)
		}
	}
	for i, want := range []string{room, room, room, room, "!v12-has_no_server", "!a/b?c#d:e"} {
		if got, _, _ := strings.Cut(s.puts[i], " "); got != want {
			t.Errorf("sent to %s, want %s", got, want)
		}
	}
}

// withFile is a delivery of one attachment, and what it holds.
func withFile(typ string) chat.Delivery {
	d := hello(room)
	d.Message.Attachments = []chat.Attachment{{Name: "graph", URL: "https://example.com/graph"}}
	d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
		return chat.File{Name: "graph", Type: typ, Data: []byte("12345")}, nil
	}
	return d
}

func TestFilesAreEventsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := sender(t, s)
	for typ, kind := range map[string]string{"image/png": "m.image", "application/pdf": "m.file", "video/mp4": "m.video"} {
		d := withFile(typ)
		if parts := m.Parts(d); parts != 2 {
			t.Fatalf("%d parts, want a notice and a file", parts)
		}
		d.Part = 1
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		got := s.events[len(s.events)-1]
		if got.Type != kind || got.URL != "mxc://example.org/1" || got.Body != "graph" || got.Info.Size != 5 || got.Info.Type != typ || got.Mentions == nil {
			t.Errorf("%s became %+v, want %s of 5 bytes", typ, got, kind)
		}
		if last := s.uploaded[len(s.uploaded)-1]; last != "graph "+typ {
			t.Errorf("uploaded %q, want graph %s", last, typ)
		}
	}
}

func TestAFourthFileIsALinkAndAFileMayBeAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m, d := sender(t, s), withFile("image/png")
	graph := d.Message.Attachments[0]
	unsafe := chat.Attachment{URL: "file:///etc/passwd"} // is none
	d.Message.Attachments = []chat.Attachment{unsafe, graph, graph, graph, {Name: "fourth", URL: "https://example.com/4"}}
	if parts := m.Parts(d); parts != 4 {
		t.Errorf("%d parts, want a notice and three files", parts)
	}
	alone := d
	alone.Message = chat.Message{Attachments: []chat.Attachment{graph}}
	if parts := m.Parts(alone); parts != 1 {
		t.Errorf("%d parts of a file alone, want 1", parts)
	}
	if got := m.Preview(alone); !strings.Contains(got, "https://example.com/graph") {
		t.Errorf("the preview of a file alone is %q, want a link", got)
	}
	for _, d := range []chat.Delivery{d, alone} {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.events[0].Body, "hello\n📎 fourth (https://example.com/4)"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := s.events[1]; got.Type != "m.image" {
		t.Errorf("said %+v, want the image", got)
	}
}

func TestAFileThatCannotBeUploadedIsALink(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refuse["/_matrix/media"] = `{"errcode":"M_FORBIDDEN","error":"no uploads here"}`
	d := withFile("image/png")
	d.Part = 1
	cases := map[string]func() chat.Delivery{
		"not allowed":     func() chat.Delivery { return d },
		"said once more":  func() chat.Delivery { p := d; p.Plain = true; return p },
		"not to be had":   func() chat.Delivery { p := d; p.Open = nil; return p },
		"of another part": func() chat.Delivery { p := d; p.Part = 9; p.Open = nil; return p },
	}
	for name, delivery := range cases {
		d := delivery()
		if _, err := sender(t, s).Send(t.Context(), d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := "📎 graph (https://example.com/graph)"
		if d.Part == 9 {
			want = "hello" // the last of the text
		}
		if got := s.events[len(s.events)-1]; got.Type != "m.notice" || got.Body != want {
			t.Errorf("%s: said %q, want %q", name, got.Body, want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if who, err := sender(t, s).Probe(t.Context()); err != nil || who != "@postern:example.org" {
		t.Errorf("Probe = %q, %v, want @postern:example.org", who, err)
	}
	wrong, err := matrix.New(matrix.Config{URL: s.url, Token: secret.New("secret-and-wrong")}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Probe(t.Context())
	want := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	if got := retry.AdviceOn(err); got != want {
		t.Errorf("advice %+v, want %+v: %v", got, want, err)
	}
}

func TestALimitConcernsTheAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refuse["/_matrix/client/v3/rooms/"] = `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1500}`
	_, err := sender(t, s).Send(t.Context(), hello(room))
	want := retry.Advice{Kind: retry.Later, After: 1500 * time.Millisecond, Reach: retry.Account}
	if got := retry.AdviceOn(err); got != want {
		t.Errorf("advice %+v, want %+v", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]matrix.Config{
		"no url":               {Token: secret.New(token)},
		"a bad url":            {URL: "matrix.example.org", Token: secret.New(token)},
		"a query":              {URL: "https://example.org/?access_token=secret", Token: secret.New(token)},
		"no token":             {URL: "https://example.org"},
		"an empty token":       {URL: "https://example.org", Token: secret.New("")},
		"a token with a space": {URL: "https://example.org", Token: secret.New("syt secret")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := matrix.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
