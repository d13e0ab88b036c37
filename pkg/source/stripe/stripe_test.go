package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/stripe"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: stripe.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzStripe(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := stripe.Definition()
	if d.Name != "stripe" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want stripe with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body, key = `{"hello":"wörld"}`, "whsec_test_secret"
	sent := time.Unix(1700000000, 0)
	genuine := "v1=" + sign(key, "1700000000."+body)
	if want := "v1=7148fb3d214667e6bfed155bf30c6471595979f68b5cc5a9f3ed8e98aea3934d"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	other := "v1=" + sign("another", "1700000000."+body)
	tests := map[string]struct {
		header  string
		body    string
		arrived time.Time
		want    error
	}{
		"genuine":               {"t=1700000000," + genuine, body, sent, nil},
		"the second of two":     {"t=1700000000," + other + "," + genuine, body, sent, nil},
		"an old version beside": {"t=1700000000," + genuine + ",v0=" + genuine[3:], body, sent, nil},
		"the old version alone": {"t=1700000000,v0=" + genuine[3:], body, sent, verify.ErrRejected},
		"another time":          {"t=1700000001," + genuine, body, sent, verify.ErrRejected},
		"no time":               {genuine, body, sent, verify.ErrRejected},
		"changed body":          {"t=1700000000," + genuine, body + " ", sent, verify.ErrRejected},
		"too old":               {"t=1700000000," + genuine, body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
		"none":                  {"", body, sent, verify.ErrMissing},
		"without its prefix the key is another": {
			"t=1700000000,v1=" + sign("test_secret", "1700000000."+body), body, sent, verify.ErrRejected,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := stripe.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New(key)}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{
					Header: http.Header{"Stripe-Signature": {tt.header}}, Body: []byte(tt.body), ReceivedAt: tt.arrived,
				})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ object, want string }{
		"two decimals":         {`"amount":1205,"currency":"eur"`, "12.05 EUR"},
		"less than one":        {`"amount":5,"currency":"usd"`, "0.05 USD"},
		"none":                 {`"amount":1205,"currency":"jpy"`, "1205 JPY"},
		"three":                {`"amount":1205,"currency":"kwd"`, "1.205 KWD"},
		"a credit":             {`"amount":-7,"currency":"gbp"`, "-0.07 GBP"},
		"zero":                 {`"amount":0,"currency":"gbp"`, "0.00 GBP"},
		"the least there is":   {`"amount":-9223372036854775808,"currency":"usd"`, "-92233720368547758.08 USD"},
		"a session's total":    {`"amount_total":100,"amount_subtotal":90,"currency":"usd"`, "1.00 USD"},
		"nothing was refunded": {`"object":"charge","amount":100,"amount_refunded":0,"currency":"usd"`, "1.00 USD"},
		"no currency":          {`"amount":100`, ""},
		"no number":            {`"amount":"100","currency":"usd"`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, f := range event(t, "charge.succeeded", tt.object).Fields {
				if f.Name == "Amount" {
					got = f.Value
				}
			}
			if got != tt.want {
				t.Errorf("amount %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPersonalDataStaysOut(t *testing.T) {
	t.Parallel()
	e := event(t, "charge.succeeded", `"billing_details":{"email":"öwnername@example.com","name":"Ownername","phone":"555123"},
		"payment_method_details":{"card":{"last4":"4242"}},"client_secret":"s3cret","receipt_url":"https://pay.stripe.com/open2all"`)
	told := fmt.Sprintf("%+v %+v", e, stripe.Source{}.Message(e, source.English, source.Full))
	for _, word := range []string{"wnername", "555123", "4242", "s3cret", "open2all"} {
		if strings.Contains(told, word) {
			t.Errorf("%q is told: %s", word, told)
		}
	}
	if want := (webhook.Field{Name: "E-mail", Value: "ö***@example.com"}); !slices.Contains(e.Fields, want) {
		t.Errorf("fields %v, want %v among them", e.Fields, want)
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		severity webhook.Severity
		told     bool
	}{
		"payment_intent.payment_failed": {webhook.Error, true},
		"charge.dispute.created":        {webhook.Error, true},
		"charge.refunded":               {webhook.Warning, true},
		"customer.subscription.deleted": {webhook.Warning, true},
		"payment_intent.succeeded":      {webhook.Notice, true},
		"charge.succeeded":              {webhook.Notice, false},
		"invoice.paid":                  {webhook.Notice, false},
		"customer.updated":              {webhook.Info, false},
		"event":                         {webhook.Info, false},
	}
	for kind, tt := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if e := event(t, kind, ""); e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestLinksLeadToTheRightMode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"live":                {`{"livemode":true,"data":{"object":{"object":"charge","id":"ch_1"}}}`, "https://dashboard.stripe.com/payments/ch_1"},
		"test":                {`{"livemode":false,"data":{"object":{"object":"charge","id":"ch_1"}}}`, "https://dashboard.stripe.com/test/payments/ch_1"},
		"a connected account": {`{"account":"acct_1","data":{"object":{"object":"payout","id":"po_1"}}}`, "https://dashboard.stripe.com/acct_1/payouts/po_1"},
		"else the event":      {`{"id":"evt_1","data":{"object":{"object":"card"}}}`, "https://dashboard.stripe.com/events/evt_1"},
		"no id to trust":      {`{"id":"evt/../1","data":{"object":{"object":"charge","id":"../x"}}}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := stripe.Source{}.Events(request(tt.body))
			if err != nil || events[0].URL != tt.want {
				t.Errorf("got %v, %v, want %s", events, err, tt.want)
			}
		})
	}
}

func event(t *testing.T, kind, object string) webhook.Event {
	t.Helper()
	events, err := stripe.Source{}.Events(request(`{"type":"` + kind + `","data":{"object":{` + object + `}}}`))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func sign(key, signed string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return hex.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
