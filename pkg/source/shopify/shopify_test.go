package shopify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/shopify"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const signature = "X-Shopify-Hmac-Sha256"

func suite() sourcetest.Suite { return sourcetest.Suite{Source: shopify.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzShopify(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinitionDemands401(t *testing.T) {
	t.Parallel()
	d := shopify.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "shopify" || !d.Duplicates || !d.Unauthorized || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want shopify with duplicates and 401", d, s, err)
	}
}

func TestVerificationContract(t *testing.T) {
	verifytest.Run(t, verifytest.Scheme{
		New:        verifier,
		Sign:       func(r *webhook.Request, key secret.Text) { r.Header.Set(signature, sign(key.Reveal(), string(r.Body))) },
		Credential: verifytest.Place{Header: signature, Encoding: verifytest.Base64},
	})
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	const genuine = "jLzF6ADRZ6/KLZPfFAC1SwYemLjkF9nGRQOFYzrzzXM="
	if got := sign("test-secret", body); got != genuine {
		t.Fatalf("the vector: got %s, want %s", got, genuine)
	}
	tests := map[string]struct {
		signatures []string
		body       string
		want       error
	}{
		"genuine":              {[]string{genuine}, body, nil},
		"changed body":         {[]string{genuine}, body + " ", verify.ErrRejected},
		"another secret":       {[]string{sign("another", body)}, body, verify.ErrRejected},
		"none":                 {nil, body, verify.ErrMissing},
		"an empty header":      {[]string{""}, body, verify.ErrMissing},
		"given in two headers": {[]string{genuine, genuine}, body, verify.ErrRejected},
		"cut short":            {[]string{genuine[:40]}, body, verify.ErrRejected},
		"without its padding":  {[]string{strings.TrimSuffix(genuine, "=")}, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := verifier(secret.New("old"), secret.New("test-secret"))
			if err == nil {
				header := http.Header{}
				for _, s := range tt.signatures {
					header.Add(signature, s)
				}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ topic, body, want string }{
		"an order":            {"orders/create", `{"total_price":"59.95","currency":"EUR"}`, "59.95 EUR"},
		"no decimals":         {"orders/create", `{"total_price":"6000","currency":"JPY"}`, "6000 JPY"},
		"after a change":      {"orders/edited", `{"total_price":"9.00","current_total_price":"7.00","currency":"EUR"}`, "7.00 EUR"},
		"of one canceled":     {"orders/cancelled", `{"cancelled_at":"t","total_price":"9.00","current_total_price":"0.00","currency":"EUR"}`, "9.00 EUR"},
		"as a number":         {"orders/create", `{"total_price":12.5,"currency":"EUR"}`, "12.5 EUR"},
		"a refund":            {"refunds/create", `{"transactions":[{"amount":"1.00","currency":"EUR"}]}`, "1.00 EUR"},
		"of two payments":     {"refunds/create", `{"transactions":[{"amount":"1.00","currency":"EUR"},{"amount":"2.00","currency":"EUR"}]}`, "1.00 EUR + 2.00 EUR"},
		"a dispute":           {"disputes/create", `{"amount":"11.50","currency":"USD"}`, "11.50 USD"},
		"no currency":         {"orders/create", `{"total_price":"59.95"}`, ""},
		"no number":           {"orders/create", `{"currency":"EUR"}`, ""},
		"a product's is none": {"products/update", `{"total_price":"59.95","currency":"EUR"}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, f := range event(t, tt.topic, tt.body).Fields {
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
	const person = `"email":"öwnername@example.com","first_name":"s3cret","last_name":"s3cret","phone":"s3cret","name":"s3cret",
		"default_address":{"address1":"s3cret"}`
	for _, topic := range []string{"orders/create", "customers/create", "checkouts/create", "customers/redact", "fulfillments/create", "refunds/create"} {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			body := `{"id":1,"email":"öwnername@example.com","first_name":"s3cret","phone":"s3cret","token":"s3cret",
				"customer":{"id":7,` + person + `},"billing_address":{` + person + `},"shipping_address":{` + person + `},"destination":{` + person + `},
				"order_status_url":"https://acme.myshopify.com/s3cret","abandoned_checkout_url":"https://acme.myshopify.com/s3cret",
				"tracking_number":"s3cret","tracking_url":"https://t.example/s3cret","payment_details":{"credit_card_number":"s3cret"},
				"transactions":[{"amount":"1","currency":"EUR","payment_details":{"credit_card_name":"s3cret"}}],"client_details":{"browser_ip":"s3cret"}}`
			if topic != "refunds/create" {
				body = strings.TrimSuffix(body, "}") + `,"note":"s3cret","note_attributes":[{"name":"s3cret","value":"s3cret"}]}`
			}
			e := event(t, topic, body)
			told := fmt.Sprintf("%+v %+v", e, shopify.Source{}.Message(e, source.English, source.Full))
			if strings.Contains(told, "s3cret") || strings.Contains(told, "wnername") {
				t.Errorf("personal data is told: %s", told)
			}
			if want := (webhook.Field{Name: "E-mail", Value: "ö***@example.com"}); !slices.Contains(e.Fields, want) {
				t.Errorf("fields %v, want %v among them", e.Fields, want)
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
		"orders/create":              {webhook.Notice, true},
		"orders/paid":                {webhook.Notice, false},
		"orders/updated":             {webhook.Info, false},
		"orders/cancelled":           {webhook.Warning, true},
		"refunds/create":             {webhook.Warning, true},
		"disputes/create":            {webhook.Error, true},
		"app/uninstalled":            {webhook.Warning, true},
		"customers/data_request":     {webhook.Warning, true},
		"customers/redact":           {webhook.Warning, true},
		"shop/redact":                {webhook.Warning, true},
		"products/update":            {webhook.Info, false},
		"inventory_levels/update":    {webhook.Info, false},
		"checkouts/create":           {webhook.Info, false},
		"a/topic/that/is/yet_unmade": {webhook.Info, false},
	}
	for topic, tt := range tests {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			if e := event(t, topic, `{}`); e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"X-Shopify-Webhook-Id": "w1", "X-Shopify-Event-Id": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("orders/create", `{"id":7}`)
			r.Header.Set(name, "w1")
			id, err := shopify.Source{}.Identify(r)
			if err != nil || id.DeliveryID != want || id.Window != 0 || id.Type != "orders/create" {
				t.Errorf("got %+v, %v, want orders/create and %q of the sender's own", id, err, want)
			}
		})
	}
}

func TestLinksLeadToShopifyOnly(t *testing.T) {
	t.Parallel()
	for shop, want := range map[string]string{
		"acme.myshopify.com":           "https://acme.myshopify.com/admin/orders/7",
		"acme.myshopify.com.evil.com":  "",
		"evil.com/.myshopify.com":      "",
		"user@evil.com":                "",
		"ACME.myshopify.com":           "",
		"":                             "",
		"acme.myshopify.com\nevil.com": "",
	} {
		t.Run(shop, func(t *testing.T) {
			t.Parallel()
			r := request("orders/create", `{"id":7}`)
			r.Header.Set("X-Shopify-Shop-Domain", shop)
			events, err := shopify.Source{}.Events(r)
			if err != nil || events[0].URL != want {
				t.Errorf("got %v, %v, want %q", events, err, want)
			}
		})
	}
}

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return shopify.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func event(t *testing.T, topic, body string) webhook.Event {
	t.Helper()
	events, err := shopify.Source{}.Events(request(topic, body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func request(topic, body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}, "X-Shopify-Topic": {topic}}, Body: []byte(body),
	}
}
