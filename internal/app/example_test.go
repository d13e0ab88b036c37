package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat/chattest"
)

const exampleConfig = `
redis: {url: "${REDIS}"}
api: {tokens: {ops: a-token-of-the-tests}}
accounts: {telegram: {token: "1:token", api_url: "${PLATFORM}"}}
chats: {team: telegram-group_-1001234567890}
plugins:
  acme.repos:
    webhooks:
      /github: {name: GitHub, source: github, secrets: [another], notify: [{to: [team]}]}
`

// theExample is the job that the contract shows, times, ids and names of workers
// aside.
const theExample = `{"id":"ID","state":"succeeded","delivery":"delivered","run":1,
 "plugin":"acme.repos","endpoint":"/github","name":"GitHub","task_id":null,"replay_of":null,
 "event":{"source":"github","type":"push","action":"","delivery_id":"72d3162e","title":"[acme/widgets] mona pushed 1 commit to release"},
 "request":{"method":"POST","content_type":"application/json","size":SIZE,"remote_ip":"127.0.0.1"},
 "accepted_at":"TIME","started_at":"TIME","finished_at":"TIME","next_attempt_at":null,
 "attempts":[{"number":1,"started_at":"TIME","finished_at":"TIME","outcome":"ok","error":"","worker":"WORKER"}],
 "progress":null,"result":null,"error":null,"events":1,"warnings":[],
 "notifications":[{"id":"ID-0-team","event_number":0,"chat":"team","chat_key":"telegram-group_-1001234567890","state":"sent",
   "attempts":[{"number":1,"started_at":"TIME","finished_at":"TIME","outcome":"rate_limited","error":"ERROR","worker":"WORKER","retry_after":"1s"},
     {"number":2,"started_at":"TIME","finished_at":"TIME","outcome":"ok","error":"","worker":"WORKER"}],
   "sent_at":"TIME","next_attempt_at":null,"receipt":{"message_id":"1"},"error":null}]}`

// TestTheContractsExample: what the contract shows is what a run gives, member
// by member and in its order.
func TestTheContractsExample(t *testing.T) {
	t.Parallel()
	h := newStormHouse(t, exampleConfig)
	var limited atomic.Bool
	h.platform.Fail(func(chattest.Call) *chattest.Answer {
		if limited.Swap(true) {
			return nil
		}
		return &chattest.Answer{
			Status: http.StatusTooManyRequests,
			Body:   `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}`,
		}
	})
	h.mustStart("receiver", "r1")
	h.mustStart("worker", "w1")
	s := newSender()
	c := push(h.running["r1"].address, "/api/plugin/acme.repos/webhook/github", "another", "72d3162e", "release", "Fix the captions")
	a, err := s.do(c)
	if err != nil || a.status != http.StatusAccepted {
		t.Fatalf("got %v and error %v, want 202", a, err)
	}
	id := a.member("job_id")
	a, err = s.awaitJob(h.running["r1"].address, id, patience, []string{"delivery=delivered"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(a.body)
	for _, change := range [][2]string{
		{id, "ID"},
		{`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`, `"TIME"`},
		{`"worker":"[^"]+"`, `"worker":"WORKER"`},
		{`"error":"[^"]+"`, `"error":"ERROR"`},
	} {
		got = regexp.MustCompile(change[0]).ReplaceAllString(got, change[1])
	}
	want := strings.Replace(theExample, "SIZE", strconv.Itoa(len(c.body)), 1)
	if diff := cmp.Diff(indented(t, want), indented(t, got)); diff != "" {
		t.Errorf("job (-contract +run):\n%s", diff)
	}
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", " "); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return strings.TrimSpace(b.String())
}
