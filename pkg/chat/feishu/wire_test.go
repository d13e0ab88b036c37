package feishu_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/feishu"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// platform is as much of Feishu as gives tokens and takes messages from who holds
// the last one.
type platform struct {
	mu       sync.Mutex
	asked    int    // for how many tokens
	valid    string // the one that is taken
	grudging bool   // takes none at all
	denied   string // what it answers to who asks for a token, if not a token
	heard    []heard
}

type heard struct {
	query url.Values
	body  map[string]any
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/tenant_access_token/internal") {
		p.asked++
		if p.denied != "" {
			_, _ = io.WriteString(w, p.denied)
			return
		}
		p.valid = fmt.Sprintf("t-secret-%d", p.asked)
		_, _ = fmt.Fprintf(w, `{"code":0,"msg":"ok","tenant_access_token":%q,"expire":7200}`, p.valid)
		return
	}
	call := heard{query: r.URL.Query()}
	_ = json.NewDecoder(r.Body).Decode(&call.body)
	p.heard = append(p.heard, call)
	if r.Header.Get("Authorization") != "Bearer "+p.valid || p.grudging {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":99991663,"msg":"Invalid access token for authorization."}`)
		return
	}
	_, _ = io.WriteString(w, `{"code":0,"msg":"ok","data":{"message_id":"om_1"},"bot":{"app_name":"Postern"}}`)
}

// expire makes the token that was given no token any more.
func (p *platform) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid = "another"
}

func (p *platform) counts() (asked, heard int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, len(p.heard)
}

func app(t *testing.T, p *platform) *feishu.Sender {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	s, err := feishu.New(feishu.Config{AppID: "cli_a1", AppSecret: secret.New(appSecret), APIURL: server.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func delivery(id, channel string) chat.Delivery {
	return chat.Delivery{ID: id, Channel: channel, Message: chat.Message{Title: "hi"}}
}

func TestOneTokenServesAll(t *testing.T) {
	t.Parallel()
	p := &platform{}
	s := app(t, p)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := s.Send(t.Context(), delivery(strconv.Itoa(i), "oc_1")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if asked, heard := p.counts(); asked != 1 || heard != 8 {
		t.Errorf("%d tokens for %d messages, want 1 for 8", asked, heard)
	}
}

func TestAStaleTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	p := &platform{}
	s := app(t, p)
	send := func() error {
		_, err := s.Send(t.Context(), delivery("n", "oc_1"))
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	p.expire()
	if err := send(); err != nil {
		t.Fatalf("with a stale token: %v", err)
	}
	if asked, heard := p.counts(); asked != 2 || heard != 3 {
		t.Errorf("%d tokens, %d calls; want 2 and 3", asked, heard)
	}
	p.mu.Lock()
	p.grudging = true
	p.mu.Unlock()
	want := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	if err := send(); retry.AdviceOn(err) != want {
		t.Errorf("advice %+v, want %+v: %v", retry.AdviceOn(err), want, err)
	}
	if asked, heard := p.counts(); asked != 3 || heard != 5 {
		t.Errorf("%d tokens, %d calls; want 3 and 5", asked, heard)
	}
}

func TestATokenIsAskedForBeforeItsLastSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		s, err := feishu.New(feishu.Config{AppID: "cli_a1", AppSecret: secret.New(appSecret)},
			chat.Tools{HTTP: &http.Client{Transport: direct{p}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, later := range []time.Duration{0, time.Hour, 55 * time.Minute} { // it lasts two hours
			time.Sleep(later)
			if _, err := s.Send(t.Context(), delivery("n", "oc_1")); err != nil {
				t.Fatal(err)
			}
		}
		if asked, heard := p.counts(); asked != 2 || heard != 3 {
			t.Errorf("%d tokens, %d calls; want 2 and 3: nothing was refused", asked, heard)
		}
	})
}

// direct is a transport without a network.
type direct struct{ to http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.to.ServeHTTP(w, r)
	return w.Result(), nil
}

// torn is a transport on which every question is lost.
type torn struct{}

func (torn) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("torn") }

func TestNoTokenNoMessage(t *testing.T) {
	t.Parallel()
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	cases := map[string]struct {
		denied string
		want   retry.Advice
	}{
		"a wrong secret":     {`{"code":10014,"msg":"app secret invalid"}`, account},
		"an unknown app":     {`{"code":10003,"msg":"invalid param"}`, account},
		"too often":          {`{"code":99991400,"msg":"request trigger frequency limit"}`, retry.Advice{Kind: retry.Later, After: 5 * time.Second, Guess: true, Reach: retry.Account}},
		"no JSON":            {`{"tenant_access_token":"t-secret-half`, retry.Advice{}},
		"no code":            {`{"hello":"world"}`, retry.Advice{}},
		"a yes with nothing": {`{"code":0,"msg":"ok"}`, retry.Advice{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &platform{denied: c.denied}
			_, err := app(t, p).Send(t.Context(), delivery("n", "oc_1"))
			if err == nil || retry.AdviceOn(err) != c.want {
				t.Errorf("advice %+v, want %+v: %v", retry.AdviceOn(err), c.want, err)
			}
			if err != nil && (strings.Contains(err.Error(), "t-secret") || strings.Contains(err.Error(), appSecret)) {
				t.Errorf("a secret is shown: %v", err)
			}
			if _, heard := p.counts(); heard != 0 {
				t.Errorf("%d messages were sent without a token", heard)
			}
		})
	}
	s, err := feishu.New(feishu.Config{AppID: "cli_a1", AppSecret: secret.New(appSecret)}, chat.Tools{HTTP: &http.Client{Transport: torn{}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), delivery("n", "oc_1")); err == nil || retry.AdviceOn(err).Kind != retry.Again {
		t.Errorf("a lost question for a token: advice %+v, want Again: %v", retry.AdviceOn(err), err)
	}
}

func TestTheUUIDIsThatOfTheNotification(t *testing.T) {
	t.Parallel()
	p := &platform{}
	s := app(t, p)
	for _, id := range []string{"n-1", "n-1", "n-2"} {
		if _, err := s.Send(t.Context(), delivery(id, "oc_1")); err != nil {
			t.Fatal(err)
		}
	}
	first, again, other := p.heard[0].body["uuid"], p.heard[1].body["uuid"], p.heard[2].body["uuid"]
	if first != again || first == other || len(fmt.Sprint(first)) > 50 {
		t.Errorf("uuids %v, %v, %v", first, again, other)
	}
}

func TestWhomAChannelNames(t *testing.T) {
	t.Parallel()
	p := &platform{}
	s := app(t, p)
	for channel, want := range map[string]string{
		"oc_1": "chat_id oc_1", "group_oc_1": "chat_id oc_1", "private_ou_1": "open_id ou_1", "ou_1": "open_id ou_1",
		"on_1": "union_id on_1", "mona@example.com": "email mona@example.com", "private_g66e1d2b": "user_id g66e1d2b",
	} {
		if _, err := s.Send(t.Context(), delivery(channel, channel)); err != nil {
			t.Errorf("%s: %v", channel, err)
			continue
		}
		last := p.heard[len(p.heard)-1]
		if got := fmt.Sprint(last.query.Get("receive_id_type"), " ", last.body["receive_id"]); got != want {
			t.Errorf("%s went to %s, want %s", channel, got, want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p := &platform{}
	s := app(t, p)
	if who, err := s.Probe(t.Context()); who != "bot Postern" || err != nil {
		t.Errorf("Probe = %q, %v", who, err)
	}
	p.grudging = true
	if who, err := s.Probe(t.Context()); err == nil {
		t.Errorf("Probe = %q with a token that nobody takes", who)
	}
	hook, err := feishu.New(feishu.Config{WebhookURL: secret.New("https://example.com/" + hookKey)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hook.Probe(t.Context()); !errors.Is(err, chat.ErrNoProbe) {
		t.Errorf("a webhook was asked: %v", err)
	}
}

// post sends m by a signed webhook and gives what arrived.
func post(t *testing.T, d chat.Delivery) (body map[string]any, text string) {
	t.Helper()
	var raw []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"code":0}`)
	}))
	t.Cleanup(server.Close)
	s, err := feishu.New(feishu.Config{WebhookURL: secret.New(server.URL), Secret: secret.New(hookSign)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	return body, string(raw)
}

func TestSignatureOnTheWire(t *testing.T) {
	t.Parallel()
	body, _ := post(t, chat.Delivery{Message: chat.Message{Title: "hi"}})
	stamp := fmt.Sprint(body["timestamp"])
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("timestamp %q is not now in seconds", stamp)
	}
	if got, want := body["sign"], feishu.Vector(hookSign, stamp); got != want {
		t.Errorf("sign %v, want %v", got, want)
	}
}

func TestWhatMattersIsColoured(t *testing.T) {
	t.Parallel()
	for severity, want := range map[webhook.Severity]string{
		webhook.Debug: "grey", webhook.Info: "blue", webhook.Notice: "turquoise", webhook.Warning: "orange",
		webhook.Error: "red", webhook.Critical: "carmine",
	} {
		_, text := post(t, chat.Delivery{Message: chat.Message{Title: "hi", Body: chat.Plain("x"), Severity: severity}})
		if !strings.Contains(text, `"template":"`+want+`"`) {
			t.Errorf("%s is not %s: %s", severity, want, text)
		}
	}
}

func TestWhatIsInert(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"snake_case":                          "snake&#95;case",
		"see https://example.com/a_b?c=1&d=2": "see https://example.com/a_b?c=1&d=2",
		"&#42; &lt; a & b":                    "&#38;#42; &#38;lt; a & b",
		"x\n# no\n- no\n1. no":                `x\n&#35; no\n&#45; no\n1&#46; no`,
	} {
		_, text := post(t, chat.Delivery{Message: chat.Message{Body: chat.Plain(in)}})
		if !strings.Contains(text, `"content":"`+want+`"`) {
			t.Errorf("%q is not %q: %s", in, want, text)
		}
	}
}
