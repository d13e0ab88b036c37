package sendgrid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/sendgrid"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: sendgrid.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzSendgrid(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := sendgrid.Definition()
	if d.Name != "sendgrid" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want sendgrid with duplicates", d)
	}
	_, public := key(t)
	for given, fault := range map[string]bool{"": false, public: false, "abcd": true} {
		_, err := d.Build(func(into any) error {
			into.(*sendgrid.Settings).PublicKey = given
			return nil
		})
		if (err != nil) != fault || err != nil && !strings.HasPrefix(err.Error(), "public_key: ") {
			t.Errorf("key %q: got %v, want a fault: %t", given, err, fault)
		}
	}
}

func TestWithoutAKeyThereIsNoVerifier(t *testing.T) {
	t.Parallel()
	v, err := sendgrid.Source{}.Verification(verify.Keys{})
	if err == nil || !strings.Contains(err.Error(), "public_key") || v != nil {
		t.Errorf("got %v, %v, want an error that names public_key", v, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = "[{\"event\":\"bounce\"}]\r\n"
	sent := time.Unix(1700000000, 0)
	private, public := key(t)
	stranger, _ := key(t)
	genuine := sign(t, private, "1700000000"+body)
	tests := map[string]struct {
		signature, stamp, body string
		arrived                time.Time
		want                   error
	}{
		"genuine":                {genuine, "1700000000", body, sent, nil},
		"without its line break": {genuine, "1700000000", strings.TrimSpace(body), sent, verify.ErrRejected},
		"another key":            {sign(t, stranger, "1700000000"+body), "1700000000", body, sent, verify.ErrRejected},
		"changed time":           {genuine, "1700000001", body, sent, verify.ErrRejected},
		"too old":                {genuine, "1700000000", body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
		"no signature":           {"", "1700000000", body, sent, verify.ErrMissing},
		"no time":                {genuine, "", body, sent, verify.ErrMissing},
		"garbage":                {"AAAA", "1700000000", body, sent, verify.ErrRejected},
	}
	s, err := sendgrid.New(sendgrid.Settings{PublicKey: public})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verification(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the verifier wants a secret, want it to do without")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{
				"X-Twilio-Email-Event-Webhook-Signature": {tt.signature}, "X-Twilio-Email-Event-Webhook-Timestamp": {tt.stamp},
			}
			err := v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, kind, delivery string
		window               time.Duration
	}{
		"one":              {`[{"event":"bounce","sg_event_id":"a"}]`, "bounce", "a", 0},
		"alone":            {`{"event":"bounce","sg_event_id":"a"}`, "bounce", "a", 0},
		"two of a kind":    {`[{"event":"open","sg_event_id":"a"},{"event":"open","sg_event_id":"b"}]`, "open", "911169ddaaf1", 0},
		"two kinds":        {`[{"event":"open","sg_event_id":"a"},{"event":"click","sg_event_id":"b"}]`, "events", "911169ddaaf1", 0},
		"one without id":   {`[{"event":"open","sg_event_id":"a"},{"event":"open"}]`, "open", "", time.Minute},
		"none":             {`[]`, "events", "", time.Minute},
		"what is no event": {`[1,"x",null]`, "events", "", time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := sendgrid.Source{}.Identify(&webhook.Request{Body: []byte(tt.body)})
			if err != nil || id.Type != tt.kind || id.Window != tt.window || !strings.HasPrefix(id.DeliveryID, tt.delivery) {
				t.Errorf("got %+v, %v, want %s %s for %s", id, err, tt.kind, tt.delivery, tt.window)
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
		"bounce": {webhook.Error, true}, "dropped": {webhook.Error, true}, "spamreport": {webhook.Warning, true},
		"unsubscribe": {webhook.Notice, false}, "deferred": {webhook.Info, false}, "delivered": {webhook.Debug, false},
		"open": {webhook.Debug, false}, "brand_new": {webhook.Info, false},
	}
	for kind, tt := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			events, err := sendgrid.Source{}.Events(&webhook.Request{Body: []byte(`[{"event":"` + kind + `"}]`)})
			if err != nil || len(events) != 1 || events[0].Severity != tt.severity || events[0].Default != tt.told {
				t.Errorf("got %+v, %v, want %s, %t", events, err, tt.severity, tt.told)
			}
		})
	}
}

func TestReadersArePrivate(t *testing.T) {
	t.Parallel()
	s := sendgrid.Source{}
	events, err := s.Events(&webhook.Request{Body: []byte(`[{"event":"click","email":"ada@example.com","subject":"s3cret",
		"url":"https://example.com/s3cret","ip":"192.0.2.33","useragent":"s3cret"}]`)})
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	told := fmt.Sprintf("%+v %+v", events, s.Message(events[0], source.English, source.Full))
	if strings.Contains(told, "s3cret") || strings.Contains(told, "192.0.2.33") {
		t.Errorf("got %s, want nothing of what its reader did where", told)
	}
}

func key(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return private, base64.StdEncoding.EncodeToString(der)
}

func sign(t *testing.T, private *ecdsa.PrivateKey, signed string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(signed))
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}
