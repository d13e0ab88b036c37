package sns_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/source/sns"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const topic = "arn:aws:sns:eu-west-1:123456789012:alarms"

func newSource(tb testing.TB, topics ...string) sns.Source {
	tb.Helper()
	s, err := sns.New(sns.Settings{Topics: topics})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func suite(tb testing.TB) sourcetest.Suite {
	tb.Helper()
	return sourcetest.Suite{Source: newSource(tb, topic)}
}

func TestContract(t *testing.T) { sourcetest.Run(t, suite(t)) }

func FuzzSNS(f *testing.F) { sourcetest.Fuzz(f, suite(f)) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := sns.Definition()
	if d.Name != "sns" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want sns with duplicates", d)
	}
	for name, c := range map[string]struct {
		topics []string
		fault  bool
	}{
		"not written":    {nil, false},
		"one":            {[]string{topic}, false},
		"in China":       {[]string{"arn:aws-cn:sns:cn-north-1:123456789012:a"}, false},
		"first in first": {[]string{"arn:aws:sns:us-east-1:123456789012:a.fifo"}, false},
		"an empty list":  {[]string{}, true},
		"an empty one":   {[]string{topic, ""}, true},
		"a pattern":      {[]string{"arn:aws:sns:eu-west-1:123456789012:*"}, true},
		"a queue":        {[]string{"arn:aws:sqs:eu-west-1:123456789012:a"}, true},
		"a subscription": {[]string{topic + ":0b1a8d5e-4b5c-4f0e-9f6c-0a7d2f7a0001"}, true},
	} {
		_, err := d.Build(func(into any) error {
			into.(*sns.Settings).Topics = c.topics
			return nil
		})
		if (err != nil) != c.fault || err != nil && !strings.HasPrefix(err.Error(), "topics: ") {
			t.Errorf("%s: got %v, want an error: %t", name, err, c.fault)
		}
	}
}

func TestWithoutTopicsThereIsNoVerifier(t *testing.T) {
	t.Parallel()
	v, err := newSource(t).Verification(verify.Keys{})
	if err == nil || !strings.HasPrefix(err.Error(), "topics: ") || v != nil {
		t.Errorf("got %v, %v, want an error that names topics", v, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	genuine := signed(t, notification("text"))
	other := notification("text")
	other["TopicArn"] = topic + "2"
	rawly := request(genuine)
	rawly.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	tests := map[string]struct {
		request *webhook.Request
		want    error
	}{
		"genuine":             {request(genuine), nil},
		"changed":             {request(strings.Replace(genuine, `"text"`, `"other"`, 1)), verify.ErrRejected},
		"another topic":       {request(signed(t, other)), verify.ErrRejected},
		"another topic again": {request(strings.Replace(genuine, topic, topic+"2", 1)), verify.ErrRejected},
		"not signed":          {request(`{"Type":"Notification","TopicArn":"` + topic + `"}`), verify.ErrMissing},
		"said to be raw":      {rawly, verify.ErrMissing},
		"no JSON":             {request("text"), verify.ErrMissing},
	}
	service := newService(t)
	v, err := newSource(t, "arn:aws:sns:us-east-1:123456789012:else", topic).Verification(service.keys())
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the verifier wants a secret, want it to do without")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := v.Verify(t.Context(), tt.request); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAFormThatWasVerifiedAsJSONIsReadAsJSON(t *testing.T) {
	t.Parallel()
	r := request(signed(t, notification(`x&payload={"TopicArn":"`+topic+`","Message":"forged"}`)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	events, err := newSource(t, topic).Events(r)
	if err != nil || len(events) != 1 || !strings.HasPrefix(events[0].Subject.Title, "x&payload=") {
		t.Errorf("got %+v, %v, want the message as it was signed", events, err)
	}
}

func TestStatesOfAnAlarm(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]struct {
		severity webhook.Severity
		title    string
	}{
		"ALARM":             {webhook.Error, "[alarms] 🔴 Alarm OK → ALARM: cpu"},
		"OK":                {webhook.Notice, "[alarms] ✅ Alarm OK → OK: cpu"},
		"INSUFFICIENT_DATA": {webhook.Warning, "[alarms] ⚪ Alarm OK → INSUFFICIENT_DATA: cpu"},
		"ELSE":              {webhook.Warning, "[alarms] Alarm OK → ELSE: cpu"},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			r := request(encoded(t, notification(`{"AlarmName":"cpu","OldStateValue":"OK","NewStateValue":"`+state+`"}`)))
			events, err := newSource(t, topic).Events(r)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Severity != want.severity || e.Title != want.title || e.Action != state || e.Thread != "sns:cpu" {
				t.Errorf("got %s, %q, %q, want %s, %q", e.Severity, e.Title, e.Action, want.severity, want.title)
			}
		})
	}
}

func TestNoAddressOfASubscriptionIsTold(t *testing.T) {
	t.Parallel()
	const secret = "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe"
	for _, kind := range []string{"Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"} {
		m := notification("text")
		m["Type"], m["SubscribeURL"], m["UnsubscribeURL"], m["Token"] = kind, secret, secret, secret
		events, err := newSource(t, topic).Events(request(encoded(t, m)))
		if err != nil || len(events) != 1 {
			t.Fatalf("got %d events, %v, want one", len(events), err)
		}
		if e := events[0]; strings.Contains(encoded(t, e), secret) {
			t.Errorf("%s: %+v tells the address", kind, e)
		}
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"text/plain; charset=UTF-8"}},
		Body: []byte(body), ReceivedAt: now(),
	}
}

func now() time.Time { return time.Unix(1_700_000_000, 0).UTC() }
