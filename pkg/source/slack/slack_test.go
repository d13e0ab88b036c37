package slack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/slack"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: slack.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzSlack(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := slack.Definition()
	if d.Name != "slack" || !d.Duplicates || d.Unauthorized {
		t.Errorf("Definition() = %+v, want slack with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	sent := time.Unix(1700000000, 0)
	genuine := sign("test-secret", "1700000000", body)
	if want := "v0=54ec15bda998b9b782e29e8a8339e490e4f5ffc227aea0a7fb31525e9f0e4d3d"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	tests := map[string]struct {
		signature, stamp, body string
		arrived                time.Time
		want                   error
	}{
		"genuine":               {genuine, "1700000000", body, sent, nil},
		"late, but in time":     {genuine, "1700000000", body, sent.Add(5 * time.Minute), nil},
		"another secret":        {sign("another", "1700000000", body), "1700000000", body, sent, verify.ErrRejected},
		"changed body":          {genuine, "1700000000", body + " ", sent, verify.ErrRejected},
		"changed time":          {genuine, "1700000001", body, sent, verify.ErrRejected},
		"an unknown version":    {"v1" + genuine[2:], "1700000000", body, sent, verify.ErrRejected},
		"too old":               {genuine, "1700000000", body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
		"from the future":       {genuine, "1700000000", body, sent.Add(-6 * time.Minute), verify.ErrOutOfRange},
		"no signature":          {"", "1700000000", body, sent, verify.ErrMissing},
		"no time":               {genuine, "", body, sent, verify.ErrMissing},
		"an empty signature":    {"v0=", "1700000000", body, sent, verify.ErrRejected},
		"a signature in base64": {"v0=VOwVvamYubeC4p6KgzmskA==", "1700000000", body, sent, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := slack.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New("test-secret")}})
			if err == nil {
				header := http.Header{"X-Slack-Signature": {tt.signature}, "X-Slack-Request-Timestamp": {tt.stamp}}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		contentType, body string
		want              bool
		answer            string
	}{
		"url_verification":        {"application/json", `{"type":"url_verification","token":"x","challenge":"3eZbrw1aB"}`, true, `{"challenge":"3eZbrw1aB"}`},
		"markup stays JSON":       {"application/json", `{"type":"url_verification","challenge":"<b>"}`, true, `{"challenge":"\u003cb\u003e"}`},
		"ssl_check":               {form, "ssl_check=1&token=x", true, ""},
		"ssl_check not asked":     {form, "ssl_check=0&command=%2Fx", false, ""},
		"an event":                {"application/json", `{"type":"event_callback","event":{"type":"message"}}`, false, ""},
		"a command":               {form, "command=%2Fdeploy", false, ""},
		"an interaction":          {form, "payload=%7B%22type%22%3A%22block_actions%22%7D", false, ""},
		"a form that looks alike": {form, "type=url_verification&challenge=x", false, ""},
		"no JSON at all":          {"application/json", "url_verification", false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, ok := slack.Source{}.Challenge(request(tt.contentType, tt.body))
			if ok != tt.want || ok && (answer.Status != http.StatusOK || string(answer.Body) != tt.answer) {
				t.Errorf("got %t with %d %s, want %t with 200 %s", ok, answer.Status, answer.Body, tt.want, tt.answer)
			}
		})
	}
}

func TestAnswerIsEmpty(t *testing.T) {
	t.Parallel()
	answer, ok := slack.Source{}.Answer(request("application/x-www-form-urlencoded", "command=%2Fdeploy"))
	if !ok || answer.Status != http.StatusOK || len(answer.Body) != 0 {
		t.Errorf("got %t, %d %q, want 200 and no body", ok, answer.Status, answer.Body)
	}
	if answer, ok := (slack.Source{}).Answer(request("application/json", `{"type":"event_callback"}`)); ok {
		t.Errorf("got %+v for an event, want the 202", answer)
	}
}

func TestWhoIsHeard(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event  string
		events int
		told   bool
	}{
		"a person":               {`"type":"message","user":"U1"`, 1, true},
		"a mention":              {`"type":"app_mention","user":"U1"`, 1, true},
		"an edit":                {`"type":"message","subtype":"message_changed"`, 1, false},
		"another bot":            {`"type":"message","bot_id":"B2","app_id":"A2"`, 1, false},
		"a bot of old":           {`"type":"message","subtype":"bot_message"`, 1, false},
		"the app itself":         {`"type":"message","bot_id":"B1","app_id":"A1"`, 0, false},
		"by its profile":         {`"type":"message","bot_profile":{"app_id":"A1"}`, 0, false},
		"an edit of its own":     {`"type":"message","subtype":"message_changed","message":{"app_id":"A1"}`, 0, false},
		"a reaction":             {`"type":"reaction_added","user":"U1"`, 1, false},
		"an event nobody knows":  {`"type":"brand_new"`, 1, false},
		"a channel was archived": {`"type":"channel_archive","channel":"C1","user":"U1"`, 1, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := slack.Source{}.Events(request("application/json", `{"api_app_id":"A1","type":"event_callback","event":{`+tt.event+`}}`))
			if err != nil || len(events) != tt.events {
				t.Fatalf("got %d events, %v, want %d", len(events), err, tt.events)
			}
			if tt.events > 0 && events[0].Default != tt.told {
				t.Errorf("default %t, want %t", events[0].Default, tt.told)
			}
		})
	}
}

func TestTextIsWithoutMarkup(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"<@U1> hi":                           "@U1 hi",
		"<@U1|ada> and <#C1|general>":        "@ada and #general",
		"<!here> <!subteam^S1|@ops>":         "@here @ops",
		"<https://example.com/a|the page>":   "the page (https://example.com/a)",
		"<https://example.com/a>":            "https://example.com/a",
		"<mailto:a@example.com|a@x>":         "a@x",
		"1 &lt; 2 &amp;&amp; 3 &gt; 2":       "1 < 2 && 3 > 2",
		"&amp;lt; stays what somebody typed": "&lt; stays what somebody typed",
		"a <b> is no reference":              "a <b> is no reference",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			events, err := slack.Source{}.Events(request("application/json", `{"event":{"type":"message","text":"`+given+`"}}`))
			if err != nil || events[0].Body != want {
				t.Errorf("got %+v, %v, want %q", events, err, want)
			}
		})
	}
}

func TestResponseURLIsNeverTold(t *testing.T) {
	t.Parallel()
	const body = "command=%2Fdeploy&text=web&trigger_id=1.2&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2Fs3cret&token=s3cret"
	events, err := slack.Source{}.Events(request("application/x-www-form-urlencoded", body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	encoded, err := webhook.JSON(http.StatusOK, events[0])
	if err != nil || strings.Contains(string(encoded.Body), "s3cret") {
		t.Errorf("got %s, %v, want neither response_url nor token in it", encoded.Body, err)
	}
}

func sign(key, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func request(contentType, body string) *webhook.Request {
	return &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}
