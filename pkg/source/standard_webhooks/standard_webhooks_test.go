package standardwebhooks_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	standardwebhooks "postern/pkg/source/standard_webhooks"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func TestContract(t *testing.T) { sourcetest.Run(t, sourcetest.Suite{Source: build(t)}) }

func FuzzStandardWebhooks(f *testing.F) { sourcetest.Fuzz(f, sourcetest.Suite{Source: build(f)}) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := standardwebhooks.Definition()
	if d.Name != "standard_webhooks" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want standard_webhooks with duplicates", d)
	}
	bad := errors.New("unknown key")
	if _, err := d.Build(func(any) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("Build with bad settings gave %v, want %v", err, bad)
	}
}

// The vector is the one that Svix publishes.
func TestVerification(t *testing.T) {
	t.Parallel()
	const (
		key       = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		id        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
		body      = `{"test": 2432232314}`
		signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	)
	sent := time.Unix(1614265330, 0)
	tests := map[string]struct {
		id, signature, body string
		arrived             time.Time
		want                error
	}{
		"genuine":           {id, signature, body, sent, nil},
		"the second of two": {id, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + signature, body, sent, nil},
		"another id":        {"msg_2", signature, body, sent, verify.ErrRejected},
		"changed body":      {id, signature, body + " ", sent, verify.ErrRejected},
		"another version":   {id, "v2" + signature[2:], body, sent, verify.ErrRejected},
		"no signature":      {id, "", body, sent, verify.ErrMissing},
		"no id":             {"", signature, body, sent, verify.ErrMissing},
		"too old":           {id, signature, body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed, ok := build(t).(source.Signed)
			if !ok {
				t.Fatal("the source brings no verification")
			}
			v, err := signed.Verification(verify.Keys{Secrets: []secret.Text{secret.New("whsec_b2xkb2xkb2xk"), secret.New(key)}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{
					"Webhook-Id": {tt.id}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {tt.signature},
				}, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]webhook.Severity{
		"message.failed":     webhook.Error,
		"payment_failed":     webhook.Error,
		"email.bounced":      webhook.Warning,
		"user.deleted":       webhook.Warning,
		"user.created":       webhook.Info,
		"failed.job.retried": webhook.Info,
		"...":                webhook.Info,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if got := event(t, `{"type":"`+kind+`"}`); got.Severity != want || !got.Default {
				t.Errorf("severity %s, default %t; want %s, true", got.Severity, got.Default, want)
			}
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	e := event(t, `{"type":"x","data":{"api_key":"a1","AccessToken":"b2","otp":"c3","user_password":"d4","plan":"pro"}}`)
	if want := (webhook.Field{Name: "plan", Value: "pro"}); len(e.Fields) != 1 || e.Fields[0] != want {
		t.Errorf("fields %v, want %v alone", e.Fields, want)
	}
}

func TestFactsAreBounded(t *testing.T) {
	t.Parallel()
	var members []string
	for c := 'a'; c <= 'z'; c++ {
		members = append(members, `"`+string(c)+`":1`)
	}
	if e := event(t, `{"data":{`+strings.Join(members, ",")+`}}`); len(e.Fields) != 10 {
		t.Errorf("%d fields, want 10", len(e.Fields))
	}
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := build(t).Events(&webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	})
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func build(tb testing.TB) source.Source {
	tb.Helper()
	s, err := standardwebhooks.Definition().Build(func(any) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
