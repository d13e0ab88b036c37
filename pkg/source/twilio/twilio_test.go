package twilio_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/twilio"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const form = "application/x-www-form-urlencoded"

func suite() sourcetest.Suite { return sourcetest.Suite{Source: twilio.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzTwilio(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := twilio.Definition()
	if d.Name != "twilio" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want twilio with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const (
		address = "https://mycompany.com/myapp.php?foo=1&bar=2"
		body    = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&Reason=Participant&ReasonConferenceEnded=test&To=%2B18005551212"
		genuine = "vOEb5UThFn24KEfnOFLQY2AE5FY="
	)
	tests := map[string]struct {
		signature, address, body string
		want                     error
	}{
		"genuine":        {genuine, address, body, nil},
		"with its port":  {genuine, "https://mycompany.com:443/myapp.php?foo=1&bar=2", body, nil},
		"another URL":    {genuine, "https://mycompany.com/other", body, verify.ErrRejected},
		"a changed body": {genuine, address, body + "&x=1", verify.ErrRejected},
		"not base64":     {"garbage!", address, body, verify.ErrRejected},
		"none":           {"", address, body, verify.ErrMissing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := twilio.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New("12345")}})
			if err == nil {
				r := request(tt.body)
				r.URL, r.RawQuery = tt.address, "foo=1&bar=2"
				r.Header.Set("X-Twilio-Signature", tt.signature)
				err = v.Verify(t.Context(), r)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWithoutASecretThereIsNoVerifier(t *testing.T) {
	t.Parallel()
	if v, err := (twilio.Source{}).Verification(verify.Keys{}); err == nil || v != nil {
		t.Errorf("got %v, %v, want an error", v, err)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	answer, ok := twilio.Source{}.Answer(request(""))
	if !ok || answer.Status != http.StatusNoContent || len(answer.Body) != 0 {
		t.Errorf("got %t, %+v, want 204 and no body", ok, answer)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, kind, action, delivery string // empty: a hash, for a minute
	}{
		"a message that came":     {"MessageSid=SM1&SmsStatus=received&Body=hi", "message", "received", "SM1:received"},
		"one that was delivered":  {"MessageSid=SM1&MessageStatus=delivered", "message", "delivered", "SM1:delivered"},
		"a call's progress":       {"CallSid=CA1&CallStatus=completed&SequenceNumber=3", "call", "completed", "CA1:completed:3"},
		"what a caller types":     {"CallSid=CA1&CallStatus=in-progress&Digits=1", "call", "in-progress", ""},
		"a recording of a call":   {"CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed", "recording", "completed", ""},
		"a conference":            {"ConferenceSid=CF1&StatusCallbackEvent=participant-join&SequenceNumber=2", "conference", "participant-join", "CF1:participant-join:2"},
		"a message of the system": {"Level=ERROR&PayloadType=application%2Fjson&Sid=NO1", "debugger", "error", ""},
		"what nobody knows":       {"Foo=1", "event", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := twilio.Source{}.Identify(request(tt.body))
			if err != nil || id.Type != tt.kind || id.Action != tt.action {
				t.Fatalf("got %+v, %v, want %s %s", id, err, tt.kind, tt.action)
			}
			if tt.delivery != "" && (id.DeliveryID != tt.delivery || id.Window != 0) {
				t.Errorf("got %+v, want the delivery id %s", id, tt.delivery)
			}
			if tt.delivery == "" && (len(id.DeliveryID) != 64 || id.Window != time.Minute) {
				t.Errorf("got %+v, want a hash for a minute", id)
			}
		})
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		severity webhook.Severity
		told     bool
	}{
		"MessageSid=SM1&SmsStatus=received":                    {webhook.Notice, true},
		"MessageSid=SM1&MessageStatus=sent":                    {webhook.Debug, false},
		"MessageSid=SM1&MessageStatus=delivered":               {webhook.Info, false},
		"MessageSid=SM1&MessageStatus=undelivered":             {webhook.Error, true},
		"CallSid=CA1&CallStatus=ringing":                       {webhook.Notice, true},
		"CallSid=CA1&CallStatus=no-answer":                     {webhook.Warning, true},
		"CallSid=CA1&CallStatus=completed":                     {webhook.Info, false},
		"CallSid=CA1&RecordingSid=R&RecordingStatus=completed": {webhook.Info, true},
		"Level=WARNING": {webhook.Warning, true},
		"Foo=1":         {webhook.Info, false},
	}
	for body, tt := range tests {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			events, err := twilio.Source{}.Events(request(body))
			if err != nil || len(events) != 1 || events[0].Severity != tt.severity || events[0].Default != tt.told {
				t.Errorf("got %+v, %v, want %s, %t", events, err, tt.severity, tt.told)
			}
		})
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {form}}, Body: []byte(body)}
}
