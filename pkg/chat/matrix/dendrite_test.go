//go:build dendrite

package matrix_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/matrix"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// patience bounds the server's start, and each call to it.
const patience = 2 * time.Minute

// settings are all that Dendrite needs to run alone, in memory but for its files.
const settings = `version: 2
global:
  server_name: localhost
  private_key: key.pem
  disable_federation: true
  jetstream: {in_memory: true, storage_path: ./}
client_api: {registration_disabled: false}
federation_api: {database: {connection_string: "file:federation.db"}}
key_server: {database: {connection_string: "file:keys.db"}}
media_api: {base_path: ./media, database: {connection_string: "file:media.db"}}
mscs: {database: {connection_string: "file:mscs.db"}}
relay_api: {database: {connection_string: "file:relay.db"}}
room_server: {database: {connection_string: "file:rooms.db"}}
sync_api: {database: {connection_string: "file:sync.db"}}
user_api:
  account_database: {connection_string: "file:accounts.db"}
  device_database: {connection_string: "file:devices.db"}
logging: [{type: std, level: error}]
`

// home is a Dendrite that runs for one test, and one of its accounts.
type home struct {
	url   string
	token string
}

// newHome starts a Dendrite whose programs lie in $POSTERN_DENDRITE.
func newHome(t *testing.T) *home {
	t.Helper()
	programs := os.Getenv("POSTERN_DENDRITE")
	if programs == "" {
		t.Fatal("POSTERN_DENDRITE does not say where dendrite and generate-keys are: run .ci/dendrite")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "dendrite.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := exec.Command(filepath.Join(programs, "generate-keys"), "--private-key", "key.pem")
	keys.Dir = folder
	if out, err := keys.CombinedOutput(); err != nil {
		t.Fatalf("generate-keys: %v\n%s", err, out)
	}
	h := &home{url: "http://" + freePort(t)}
	run(t, folder, filepath.Join(programs, "dendrite"), "--config", "dendrite.yaml", "--really-enable-open-registration",
		"--http-bind-address", strings.TrimPrefix(h.url, "http://"), "--https-bind-address", freePort(t))
	h.await(t)
	h.token = h.register(t, "postern")
	return h
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// run starts a program that ends with the test; what it wrote is shown if that
// failed.
func run(t *testing.T, folder, program string, args ...string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("dendrite wrote:\n%s", out.String())
		}
	})
}

func (h *home) await(t *testing.T) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if res, err := http.Get(h.url + "/_matrix/client/versions"); err == nil {
			_ = res.Body.Close()
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("dendrite did not start")
		}
	}
}

// ask makes one call as the account and decodes what is answered.
func (h *home) ask(t *testing.T, method, path string, body, into any) {
	t.Helper()
	req, err := http.NewRequest(method, h.url+"/_matrix/client/v3/"+path, bytes.NewReader(chat.JSON(body)))
	if err != nil {
		t.Fatal(err)
	}
	if path != "register" { // which is for those who are nobody yet
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	res, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, got, err)
	}
	if err := json.Unmarshal(got, into); err != nil {
		t.Fatal(err)
	}
}

type object map[string]any

func (h *home) register(t *testing.T, name string) (token string) {
	t.Helper()
	var who struct {
		Token string `json:"access_token"`
	}
	h.ask(t, http.MethodPost, "register", object{
		"auth": object{"type": "m.login.dummy"}, "username": name, "password": "long enough 1",
	}, &who)
	return who.Token
}

func (h *home) create(t *testing.T, alias string) (room string) {
	t.Helper()
	var created struct {
		RoomID string `json:"room_id"`
	}
	h.ask(t, http.MethodPost, "createRoom", object{"room_alias_name": alias}, &created)
	return created.RoomID
}

// said gives the events of a room as the server shows them, the newest first.
func (h *home) said(t *testing.T, room string) []event {
	t.Helper()
	var page struct {
		Chunk []struct {
			Type    string          `json:"type"`
			Content json.RawMessage `json:"content"`
		} `json:"chunk"`
	}
	h.ask(t, http.MethodGet, "rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=100", nil, &page)
	var events []event
	for _, e := range page.Chunk {
		if e.Type == "m.room.message" {
			events = append(events, read(e.Content))
		}
	}
	return events
}

func (h *home) sender(t *testing.T, base, token string) *matrix.Sender {
	t.Helper()
	s, err := matrix.New(matrix.Config{URL: base, Token: secret.New(token)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deaf stands before a home server: what is put arrives, its answer never does.
func deaf(t *testing.T, base string) (front string, put *atomic.Int32) {
	t.Helper()
	behind, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	put = &atomic.Int32{}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ModifyResponse = func(res *http.Response) error {
		if res.Request.Method == http.MethodPut && res.StatusCode == http.StatusOK {
			put.Add(1)
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL, put
}

// TestDendrite is one story, for the server takes seconds to start.
func TestDendrite(t *testing.T) {
	begun := time.Now()
	h := newHome(t)
	room := h.create(t, "ops")
	t.Logf("dendrite runs after %d ms", time.Since(begun).Milliseconds())
	s := h.sender(t, h.url, h.token)
	if who, err := s.Probe(t.Context()); err != nil || who != "@postern:localhost" {
		t.Errorf("Probe = %q, %v", who, err)
	}
	once := h.repeats(t, s, room)
	h.lost(t, room)
	h.gallery(t, s)
	h.files(t, s)
	h.refusals(t, s, room)
	t.Logf("%s; all of it took %d ms", once, time.Since(begun).Milliseconds())
}

// repeats: one delivery is one event, however often and by whatever name of the
// room it is sent; another delivery is another.
func (h *home) repeats(t *testing.T, s *matrix.Sender, room string) (figures string) {
	t.Helper()
	receipts := map[chat.Receipt]bool{}
	const attempts, deliveries = 5, 10
	begun := time.Now()
	for n := range deliveries {
		for range attempts {
			d := hello("room_" + room)
			d.ID = fmt.Sprintf("repeat-%d", n)
			if n%2 == 0 {
				d.Channel = "#ops:localhost"
			}
			receipt, err := s.Send(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			receipts[receipt] = true
		}
	}
	took := time.Since(begun)
	if got := len(h.said(t, room)); got != deliveries || len(receipts) != deliveries {
		t.Errorf("the room has %d events, %d receipts differ; want %d of each", got, len(receipts), deliveries)
	}
	return fmt.Sprintf("%d deliveries sent %d times each are %d events, %d ms a call",
		deliveries, attempts, len(receipts), took.Milliseconds()/(attempts*deliveries))
}

// lost: the event arrives and its answer does not. The next attempt adds nothing.
func (h *home) lost(t *testing.T, room string) {
	t.Helper()
	before := len(h.said(t, room))
	front, put := deaf(t, h.url)
	d := hello(room)
	d.ID, d.Message.Title = "lost", "said, and not answered"
	for range 3 {
		_, err := h.sender(t, front, h.token).Send(t.Context(), d)
		if got := retry.AdviceOn(err).Kind; got != retry.Lost {
			t.Fatalf("advice %v, want Lost: %v", got, err)
		}
	}
	if _, err := h.sender(t, h.url, h.token).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := len(h.said(t, room)) - before; got != 1 || put.Load() != 3 {
		t.Errorf("%d attempts that were taken and one that was answered are %d events, want 1 of 3", put.Load(), got)
	}
}

// gallery: the server takes all of it, the longest too, and keeps it as it was
// sent.
func (h *home) gallery(t *testing.T, s *matrix.Sender) {
	t.Helper()
	room := h.create(t, "gallery")
	for name, m := range chattest.Gallery() {
		for _, plain := range []bool{false, true} {
			d := chat.Delivery{ID: fmt.Sprint(name, plain), Channel: room, Message: m, Plain: plain}
			for d.Part = range s.Parts(d) {
				if _, err := s.Send(t.Context(), d); err != nil {
					t.Errorf("%s, part %d: %v", name, d.Part, err)
				}
			}
		}
	}
	ping := hello(room)
	ping.ID, ping.Message.Mentions = "ping", []string{"@alice:localhost", "room"}
	if _, err := s.Send(t.Context(), ping); err != nil {
		t.Fatal(err)
	}
	events := h.said(t, room)
	for _, e := range events[1:] {
		if e.Type != "m.notice" || e.Mentions == nil || e.Mentions.Room || len(e.Mentions.Users) > 0 {
			t.Errorf("the server keeps %.200s, want a notice that mentions nobody", e.Body)
		}
	}
	if got := events[0].Mentions; got == nil || !got.Room || len(got.Users) != 1 || got.Users[0] != "@alice:localhost" {
		t.Errorf("the ping mentions %+v, want the room and alice", got)
	}
}

// files: what is uploaded can be had.
func (h *home) files(t *testing.T, s *matrix.Sender) {
	t.Helper()
	room := h.create(t, "files")
	d := withFile("image/png")
	d.Channel, d.Part = room, 1
	for range 2 {
		if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	events := h.said(t, room)
	if len(events) != 1 || events[0].Type != "m.image" {
		t.Fatalf("the room has %+v, want one image", events)
	}
	media := strings.TrimPrefix(events[0].URL, "mxc://")
	res, err := http.Get(h.url + "/_matrix/media/v3/download/" + media)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != "12345" {
		t.Errorf("the file holds %q, want 12345: %v", got, err)
	}
}

// refusals: what this server says is understood.
func (h *home) refusals(t *testing.T, s *matrix.Sender, room string) {
	t.Helper()
	account := gone
	account.Reach = retry.Account
	stranger := h.sender(t, h.url, h.register(t, "stranger"))
	cases := map[string]struct {
		sender  *matrix.Sender
		channel string
		want    retry.Advice
	}{
		"a wrong token":      {h.sender(t, h.url, "wrong"), room, account},
		"not in the room":    {stranger, room, gone},
		"no such room":       {s, "!nowhere:localhost", gone},
		"no such alias":      {s, "#nowhere:localhost", gone},
		"not a home server":  {h.sender(t, h.url+"/elsewhere", h.token), room, account},
		"an alias elsewhere": {s, "#ops:example.invalid", retry.Advice{}},
	}
	for name, c := range cases {
		_, err := c.sender.Send(t.Context(), hello(c.channel))
		got := retry.AdviceOn(err)
		if err == nil || got != c.want {
			t.Errorf("%s: advice %+v, want %+v: %v", name, got, c.want, err)
		}
	}
}
