package chattest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// The credentials that every Platform knows. Others are added by Allow.
const (
	SlackToken    = "xoxb-fake-slack-token"
	SlackHook     = "T0FAKE/B0FAKE/fakeSlackHookKey" // below /services/
	DiscordToken  = "fake-discord-bot-token"
	DiscordHook   = "112233445566778899/fakeDiscordHookKey" // below /api/webhooks/
	TelegramToken = "123456:fake-Telegram_Token"
	OneBotToken   = "fake-onebot-token"
)

const (
	window   = time.Second     // what Limit counts in
	farewell = time.Second / 2 // how long Close waits for answers under way
)

// Platform is a server that plays every platform at once, in memory: it knows
// their paths, limits, refusals and answers, and remembers in order what it
// accepted. What is not documented, it takes.
type Platform struct {
	URL string

	server  *http.Server
	closing chan struct{}
	once    sync.Once // a test may close what its end closes again

	mu        sync.Mutex
	known     map[string]bool // credentials, as "platform token"
	gone      map[string]bool // channels that are no more
	perSecond int
	fail      func(Call) *Answer
	said      map[string][]time.Time // when each channel was last spoken to
	keys      map[string]int         // idempotency keys, by the message they made
	accepted  []Call
	requests  int
	changed   chan struct{} // closed, and made anew, whenever a message is accepted
}

// NewPlatform starts a Platform on 127.0.0.1 and ends it with the test.
func NewPlatform(tb testing.TB) *Platform {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	p := NewPlatformServer(l)
	tb.Cleanup(p.Close)
	return p
}

// NewPlatformServer starts a Platform on l, for programs that are no test. Close ends it.
func NewPlatformServer(l net.Listener) *Platform {
	p := &Platform{
		URL: "http://" + l.Addr().String(), closing: make(chan struct{}), changed: make(chan struct{}),
		known: map[string]bool{}, gone: map[string]bool{}, said: map[string][]time.Time{}, keys: map[string]int{},
	}
	p.Allow("slack", SlackToken)
	p.Allow("slack", SlackHook)
	p.Allow("discord", DiscordToken)
	p.Allow("discord", DiscordHook)
	p.Allow("telegram", TelegramToken)
	p.Allow("onebot_v11", OneBotToken)
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(l) }() // ends with Close
	return p
}

// Close ends the server and whoever still waits for an answer. A second Close
// does nothing.
func (p *Platform) Close() { p.once.Do(p.close) }

func (p *Platform) close() {
	close(p.closing)
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close()
	}
}

// Allow makes a token (or the secret path of a webhook) a good one.
func (p *Platform) Allow(platform, token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[platform+" "+token] = true
}

// Remove makes a channel one that is gone (or was never there).
func (p *Platform) Remove(channel string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone[channel] = true
}

// Restore brings a removed channel back.
func (p *Platform) Restore(channel string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.gone, channel)
}

// Limit lets each channel be spoken to so many times within any second; beyond
// that the platform says so in its own way. 0 is no limit.
func (p *Platform) Limit(perSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.perSecond = perSecond
}

// Fail asks f about every request that could be read, before anything else is
// judged; nil leaves it to the platform. f is called without any lock held, by
// many goroutines at a time.
func (p *Platform) Fail(f func(Call) *Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = f
}

// Messages gives what was accepted so far, in order.
func (p *Platform) Messages() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.accepted)
}

// Requests is how many requests came, refused ones too.
func (p *Platform) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Await waits until n messages were accepted, and gives all that are there by
// then. It does not look again and again: each accepted message wakes it.
func (p *Platform) Await(n int, patience time.Duration) ([]Call, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		p.mu.Lock()
		calls, changed := slices.Clone(p.accepted), p.changed
		p.mu.Unlock()
		if len(calls) >= n {
			return calls, nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return calls, fmt.Errorf("%d messages were accepted within %v, want %d", len(calls), patience, n)
		case <-p.closing:
			return calls, fmt.Errorf("the platform was closed at %d messages, want %d", len(calls), n)
		}
	}
}

// serve is the story of one request: read, fail on demand, judge, remember.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request) {
	call, err := take(r)
	if err != nil {
		return // the caller left before all was read
	}
	p.judge(r, call).give(w, r, p.closing)
}

func (p *Platform) judge(r *http.Request, call Call) Answer {
	p.mu.Lock()
	p.requests++
	fail := p.fail
	p.mu.Unlock()
	d, ok := dialectOf(r.URL.Path)
	if !ok {
		return Answer{Status: http.StatusNotFound, Body: "404 page not found\n"}
	}
	call.Platform = d.name
	refusal := d.read(p, r, &call)
	if fail != nil {
		if a := fail(call); a != nil {
			if a.Accept {
				p.accept(call)
			}
			return *a
		}
	}
	switch {
	case refusal != nil:
		return *refusal
	case p.isGone(call.Channel):
		return d.gone(call)
	}
	if wait := p.tooSoon(call); wait > 0 {
		return d.limited(call, wait)
	}
	return d.taken(call, p.accept(call))
}

func (p *Platform) isGone(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone[channel]
}

func (p *Platform) knows(platform, token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[platform+" "+token]
}

// tooSoon says how long to wait, or 0 and counts the call.
func (p *Platform) tooSoon(c Call) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.perSecond <= 0 {
		return 0
	}
	channel, now := c.Platform+" "+c.Channel, time.Now()
	recent := slices.DeleteFunc(p.said[channel], func(at time.Time) bool { return now.Sub(at) >= window })
	if len(recent) >= p.perSecond {
		p.said[channel] = recent
		return window - now.Sub(recent[0])
	}
	p.said[channel] = append(recent, now)
	return 0
}

// accept remembers a call and gives its number, from 1. Where the platform
// knows the same key already, it gives that number and remembers nothing.
func (p *Platform) accept(c Call) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := c.Platform + " " + c.Channel + " " + c.Key
	unique := c.Platform == discord && c.Key != ""
	if n, ok := p.keys[key]; unique && ok {
		return n
	}
	p.accepted = append(p.accepted, c)
	if unique {
		p.keys[key] = len(p.accepted)
	}
	close(p.changed)
	p.changed = make(chan struct{})
	return len(p.accepted)
}
