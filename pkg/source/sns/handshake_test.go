package sns_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/source/sns"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const (
	certificate = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
	subscribe   = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=23"
)

// key is that of SNS. 1024 bits are quick to sign with.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return k
})

// service is what answers at the addresses of SNS.
type service struct {
	certificate []byte
	down        error // of what confirms

	mu    sync.Mutex
	asked []string
}

func newService(tb testing.TB) *service {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now().Add(-time.Hour), NotAfter: now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key().Public(), key())
	if err != nil {
		tb.Fatal(err)
	}
	return &service{certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (s *service) keys() verify.Keys {
	return verify.Keys{Fetch: func(_ context.Context, address string) ([]byte, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if address == certificate {
			return s.certificate, nil
		}
		s.asked = append(s.asked, address)
		return []byte("<ConfirmSubscriptionResponse/>"), s.down
	}}
}

type message = map[string]string

func notification(text string) message {
	return message{
		"Type": "Notification", "MessageId": "22b80b92", "TopicArn": topic, "Message": text,
		"Timestamp": "2023-11-14T22:13:20.000Z", "SignatureVersion": "2", "SigningCertURL": certificate,
	}
}

func invitation() message {
	m := notification("You have chosen to subscribe.")
	m["Type"], m["Token"], m["SubscribeURL"] = "SubscriptionConfirmation", "23", subscribe
	return m
}

// signed is what SNS does.
func signed(tb testing.TB, m message) string {
	tb.Helper()
	names := []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}
	if m["Type"] == "SubscriptionConfirmation" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name + "\n" + m[name] + "\n")
	}
	sum := sha256.Sum256([]byte(text.String()))
	signature, err := rsa.SignPKCS1v15(nil, key(), crypto.SHA256, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	m["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return encoded(tb, m)
}

func encoded(tb testing.TB, v any) string {
	tb.Helper()
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		tb.Fatal(err)
	}
	return text.String()
}

func with(m message, namesAndValues ...string) message {
	for i := 0; i < len(namesAndValues); i += 2 {
		m[namesAndValues[i]] = namesAndValues[i+1]
	}
	return m
}

// TestHandshake: a subscription is confirmed when SNS signed it for a topic
// that is allowed, and nothing else makes us call.
func TestHandshake(t *testing.T) {
	t.Parallel()
	elsewhere := "arn:aws:sns:eu-west-1:210987654321:theirs"
	rawly := request(signed(t, invitation()))
	rawly.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	rawly.Header.Set("X-Amz-Sns-Message-Type", "SubscriptionConfirmation")
	form := request(signed(t, with(invitation(), "Message",
		`&payload={"Type":"SubscriptionConfirmation","TopicArn":"`+topic+`","SubscribeURL":"https://sns.eu-west-1.amazonaws.com/?forged"}`)))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	tests := map[string]struct {
		topics  []string
		request *webhook.Request
		down    error
		ok      bool
		called  bool
		want    error
	}{
		"genuine":                    {[]string{topic}, request(signed(t, invitation())), nil, true, true, nil},
		"said to be a form":          {[]string{topic}, form, nil, true, true, nil},
		"SNS is down":                {[]string{topic}, request(signed(t, invitation())), errors.New("timeout"), false, true, verify.ErrUnavailable},
		"another topic":              {[]string{topic}, request(signed(t, with(invitation(), "TopicArn", elsewhere))), nil, false, false, verify.ErrRejected},
		"no topic is allowed":        {nil, request(signed(t, invitation())), nil, false, false, verify.ErrRejected},
		"not signed":                 {[]string{topic}, request(encoded(t, invitation())), nil, false, false, verify.ErrMissing},
		"changed":                    {[]string{topic}, request(strings.Replace(signed(t, invitation()), "Token=23", "Token=24", 1)), nil, false, false, verify.ErrRejected},
		"an address of others":       {[]string{topic}, request(signed(t, with(invitation(), "SubscribeURL", "https://sns.evil.example/"))), nil, false, false, verify.ErrRejected},
		"an address without TLS":     {[]string{topic}, request(signed(t, with(invitation(), "SubscribeURL", "http"+subscribe[5:]))), nil, false, false, verify.ErrRejected},
		"an address with a port":     {[]string{topic}, request(signed(t, with(invitation(), "SubscribeURL", "https://sns.eu-west-1.amazonaws.com:8443/"))), nil, false, false, verify.ErrRejected},
		"a raw one":                  {[]string{topic}, rawly, nil, false, false, verify.ErrMissing},
		"a notification":             {[]string{topic}, request(signed(t, notification("text"))), nil, false, false, nil},
		"a notification for others":  {[]string{topic}, request(signed(t, with(notification("text"), "TopicArn", elsewhere))), nil, false, false, verify.ErrRejected},
		"a notification for anybody": {nil, request(signed(t, with(notification("text"), "TopicArn", elsewhere))), nil, false, false, nil},
		"the end of a subscription":  {[]string{topic}, request(encoded(t, with(invitation(), "Type", "UnsubscribeConfirmation"))), nil, false, false, nil},
		"no JSON":                    {[]string{topic}, request("text"), nil, false, false, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newService(t)
			service.down = tt.down
			answer, ok, err := newSource(t, tt.topics...).Handshake(t.Context(), tt.request, service.keys())
			if ok != tt.ok || !errors.Is(err, tt.want) || ok && answer.Status != 200 {
				t.Errorf("got %t with %d and %v, want %t and %v", ok, answer.Status, err, tt.ok, tt.want)
			}
			if called := slices.Equal(service.asked, []string{subscribe}); called != tt.called || !called && len(service.asked) > 0 {
				t.Errorf("asked %q, want the address of the subscription: %t", service.asked, tt.called)
			}
		})
	}
}

func TestWithoutAWayToFetchNothingIsConfirmed(t *testing.T) {
	t.Parallel()
	_, ok, err := newSource(t, topic).Handshake(t.Context(), request(signed(t, invitation())), verify.Keys{})
	if ok || !errors.Is(err, verify.ErrUnavailable) {
		t.Errorf("got %t, %v, want %v", ok, err, verify.ErrUnavailable)
	}
}

func TestRawDeliveriesAreKnownByTheirHeaders(t *testing.T) {
	t.Parallel()
	r := request("disk is full\non web-1")
	r.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	r.Header.Set("X-Amz-Sns-Message-Id", "22b80b92")
	r.Header.Set("X-Amz-Sns-Topic-Arn", topic)
	for _, topics := range [][]string{nil, {topic}} {
		if _, ok, err := newSource(t, topics...).Handshake(t.Context(), r, verify.Keys{}); ok || err != nil {
			t.Errorf("topics %v: got %t, %v, want an ordinary request", topics, ok, err)
		}
	}
	id, err := sns.Source{}.Identify(r)
	if err != nil || id.Type != "Notification" || id.DeliveryID != "22b80b92" {
		t.Errorf("got %+v, %v", id, err)
	}
	r.Header.Set("X-Amz-Sns-Topic-Arn", "arn:aws:sns:eu-west-1:210987654321:theirs")
	if _, _, err := newSource(t, topic).Handshake(t.Context(), r, verify.Keys{}); !errors.Is(err, verify.ErrRejected) {
		t.Errorf("another topic: got %v, want %v", err, verify.ErrRejected)
	}
}

// TestExplain: what wraps the scheme's check passes its explanations on, and
// that nobody else can sign.
func TestExplain(t *testing.T) {
	t.Parallel()
	v, err := newSource(t, topic).Verification(newService(t).keys())
	if err != nil {
		t.Fatal(err)
	}
	raw := request("text")
	raw.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	other := notification("text")
	other["TopicArn"] = topic + "2"
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a raw delivery": {Verifier: v, Request: raw, Says: "raw message delivery is on"},
		"something else": {Verifier: v, Request: request(`{}`), Says: "something else calls this endpoint"},
		"another topic":  {Verifier: v, Request: request(signed(t, other)), Says: ""},
	})
	if err := verify.SignAs(v, request("{}"), now()); !errors.Is(err, verify.ErrCannotSign) {
		t.Errorf("signing: got %v, want %v", err, verify.ErrCannotSign)
	}
}
