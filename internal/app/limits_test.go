package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
)

// window is a limit as a platform enforces it: no more than count within per.
type window struct {
	count int
	per   time.Duration
}

// counted is how one platform counts: each of its channels, and all of them.
type counted struct{ channel, all []window }

// documented are the platforms' limits as chats.md and their own pages give them.
func documented() map[string]counted {
	return map[string]counted{
		"telegram": {channel: []window{{1, time.Second}}, all: []window{{30, time.Second}}},
		"discord":  {channel: []window{{5, 2 * time.Second}, {30, time.Minute}}, all: []window{{50, time.Second}}},
		"slack":    {channel: []window{{1, time.Second}}},
	}
}

// strictly refuses what comes too early, counts it, and remembers when what came.
type strictly struct {
	mu      sync.Mutex
	came    map[string][]time.Time // by channel, and by platform
	refused map[string]int         // by platform
}

func (s *strictly) judge(c chattest.Call) *chattest.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	limits, known := documented()[c.Platform]
	if !known {
		return nil
	}
	channel, now := c.Platform+" "+c.Channel, time.Now()
	if s.tooMany(channel, now, limits.channel) || s.tooMany(c.Platform, now, limits.all) {
		s.refused[c.Platform]++
		return &chattest.Answer{
			Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}},
			Body: `{"ok":false,"error":"ratelimited","retry_after":1,"parameters":{"retry_after":1}}`,
		}
	}
	s.came[channel] = append(s.came[channel], now)
	s.came[c.Platform] = append(s.came[c.Platform], now)
	return nil
}

func (s *strictly) tooMany(who string, now time.Time, limits []window) bool {
	return slices.ContainsFunc(limits, func(w window) bool {
		came := s.came[who]
		return len(came) >= w.count && now.Sub(came[len(came)-w.count]) < w.per
	})
}

// least is the least time in which a platform lets so many events be told in so
// many channels.
func (c counted) least(events, channels int) time.Duration {
	longest := func(n int, windows []window) (most time.Duration) {
		for _, w := range windows {
			most = max(most, time.Duration((n-1)/w.count)*w.per)
		}
		return most
	}
	return max(longest(events, c.channel), longest(events*channels, c.all))
}

const limitsConfig = `
redis: {url: "${REDIS}"}
log: {level: warn}
worker: {shutdown_timeout: 5s}
api: {tokens: {ops: a-token-of-the-tests}}
accounts:
  telegram: {ordering: strict, token: "` + chattest.TelegramToken + `", api_url: "${PLATFORM}"}
  discord: {ordering: strict, token: "` + chattest.DiscordToken + `", api_url: "${PLATFORM}"}
  slack: {ordering: strict, token: "` + chattest.SlackToken + `", api_url: "${PLATFORM}"}
chats:
  healthy: {type: webhook, url: "${PLATFORM}/hook/healthy"}
plugins:
  acme.repos:
    webhooks:
      /github: {source: github, secrets: [s3cret], notify: [{to: [TO]}]}
`

// limitsWith gives the config whose every push is told in so many channels of
// each platform, and in a chat without limits.
func limitsWith(channels int) string {
	to := []string{"healthy"}
	for i := range channels {
		to = append(to, fmt.Sprintf("telegram-private_%d", 1000+i), fmt.Sprintf("discord-channel_%d", 2000+i), fmt.Sprintf("slack-channel_C%d", 3000+i))
	}
	return strings.ReplaceAll(limitsConfig, "TO", strings.Join(to, ", "))
}

// A storm of notifications for three platforms with limits, from three workers:
// no limit is ever broken, all of it arrives, each channel in order, in about the
// time that the limits allow; a chat without limits is not slowed. It measures, so
// it does not run beside others.
func TestAStormKeepsEveryPlatformsLimits(t *testing.T) {
	events, channels := 5, 60
	if redistest.Full() {
		events = 28 // 5,040 notifications, and less than what a minute of any channel takes
	}
	h := newStormHouse(t, limitsWith(channels))
	fakes := &strictly{came: map[string][]time.Time{}, refused: map[string]int{}}
	h.platform.Fail(fakes.judge)
	h.mustStart("receiver", "r1")
	h.mustStart("worker", "w1", "w2", "w3")
	jobs := h.storm(events, 4, "r1")
	began := time.Now()
	if _, err := h.platform.Await(events*(3*channels+1), 3*time.Minute); err != nil {
		t.Fatal(err)
	}
	h.allDelivered(jobs.ids, patience)

	byChannel := map[string][]chattest.Call{}
	for _, c := range h.platform.Messages() {
		byChannel[c.Platform] = append(byChannel[c.Platform], c)
		byChannel[c.Platform+" "+c.Channel] = append(byChannel[c.Platform+" "+c.Channel], c)
	}
	for platform, limits := range documented() {
		calls, least := byChannel[platform], limits.least(events, channels)
		took := calls[len(calls)-1].At.Sub(calls[0].At)
		t.Logf("%s: %d messages in %v, its limits allow %v; %d refused",
			platform, len(calls), took.Round(time.Millisecond), least, fakes.refused[platform])
		if took > least*110/100+2*time.Second { // and a little to begin with
			t.Errorf("%s: it took %v, want %v and a tenth at most", platform, took, least)
		}
		if fakes.refused[platform] > 1 {
			t.Errorf("%s: its limits were broken %d times", platform, fakes.refused[platform])
		}
	}
	order := slices.Sorted(maps.Values(jobs.ids))
	for name, calls := range byChannel {
		if strings.Contains(name, " ") && !strings.HasPrefix(name, "webhook") {
			checkOrder(t, changes(t, calls, jobs.ids), order)
		}
	}
	healthy(t, byChannel["webhook"], began)
}

// changes gives the jobs of messages by the change that each names.
func changes(t *testing.T, calls []chattest.Call, ids map[string]string) []string {
	t.Helper()
	told := make([]string, len(calls))
	for i, c := range calls {
		for message, id := range ids {
			if strings.Contains(c.Text, message) {
				told[i] = id
			}
		}
	}
	return told
}

// healthy checks that the chat without limits heard of everything at once.
func healthy(t *testing.T, calls []chattest.Call, began time.Time) {
	t.Helper()
	var m struct {
		Timestamp time.Time `json:"timestamp"`
	}
	waits := make([]time.Duration, len(calls))
	for i, c := range calls {
		if err := json.Unmarshal(c.Body, &m); err != nil {
			t.Fatal(err)
		}
		waits[i] = c.At.Sub(m.Timestamp)
	}
	slices.Sort(waits)
	median := waits[len(waits)/2]
	t.Logf("the chat without limits heard of each push after %v (median), %v at most; all accepted by %v",
		median.Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond), began.Format(time.TimeOnly))
	if waits[len(waits)-1] > 10*time.Second {
		t.Errorf("the chat without limits waited for %v", waits[len(waits)-1])
	}
}
