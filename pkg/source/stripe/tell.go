package stripe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// detail is what the headline needs beside the event.
type detail struct{ amount string }

func tell(e *webhook.Event, payload source.Object) {
	o := payload.Object("data.object")
	account := payload.Line("account")
	test := payload["livemode"] == false
	e.Container.Name = cmp.Or(account, "Stripe")
	if test {
		e.Container.Name += " test"
	}
	e.Subject.Title = o.Line("id")
	if e.Subject.Title != "" {
		e.Thread = "stripe:" + e.Subject.Title
	}
	e.Severity = severity(e.Type)
	e.Default = slices.Contains(defaults(), e.Type)
	d := detail{amount: amount(o)}
	e.Detail = d
	fields(e, payload, o, d.amount)
	e.Subject.URL = page(account, test, o)
	e.URL = cmp.Or(e.Subject.URL, dashboard(account, test, "events", payload.Text("id")))
	// Links to receipts and hosted invoices open to anybody who has them: a
	// chat is no place for those.
	if event := dashboard(account, test, "events", payload.Text("id")); event != "" && event != e.URL {
		e.Links = []webhook.Link{{Text: "Event", URL: event}}
	}
	e.Title = headline(*e, source.English)
}

// defaults are the events that a person must hear of, each thing once: a
// payment is also a charge, and often an invoice and a checkout.
func defaults() []string {
	return []string{
		"payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded",
		"charge.dispute.created", "charge.dispute.closed", "radar.early_fraud_warning.created",
		"invoice.payment_failed", "payout.failed",
		"customer.subscription.created", "customer.subscription.deleted", "customer.subscription.trial_will_end",
	}
}

func severity(kind string) webhook.Severity {
	switch kind {
	case "charge.dispute.created", "radar.early_fraud_warning.created":
		return webhook.Error
	case "charge.refunded", "customer.subscription.trial_will_end", "invoice.payment_action_required":
		return webhook.Warning
	}
	deed := kind[strings.LastIndexByte(kind, '.')+1:]
	switch {
	case strings.HasSuffix(deed, "failed"):
		return webhook.Error
	case deed == "deleted", deed == "canceled", deed == "expired", deed == "voided":
		return webhook.Warning
	case deed == "succeeded", deed == "paid", deed == "completed":
		return webhook.Notice
	default:
		return webhook.Info
	}
}

func fields(e *webhook.Event, payload, o source.Object, amount string) {
	customer := o.Line("customer")
	if customer == "" && o.Text("object") != "customer" {
		customer = o.Line("customer.id") // where it is expanded
	}
	email := cmp.Or(o.Line("customer_email"), o.Line("receipt_email"), o.Line("customer_details.email"),
		o.Line("billing_details.email"), o.Line("email"))
	e.Fields = source.Fields("Amount", amount, "Customer", customer, "E-mail", source.MaskMail(email),
		"Description", o.Line("description"), "Status", o.Line("status"),
		"Reason", cmp.Or(o.Line("last_payment_error.message"), o.Line("failure_message"), o.Line("reason"),
			o.Line("cancellation_details.reason")),
		"Before", payload.Line("data.previous_attributes.status"))
}

// amount is what the event is about, as people write it: "12.00 EUR".
func amount(o source.Object) string {
	currency := strings.ToUpper(o.Line("currency"))
	if currency == "" {
		return ""
	}
	names := []string{"amount_total", "amount_due", "amount", "total"}
	if o.Text("object") == "charge" && o.Text("amount_refunded") != "0" {
		names = append([]string{"amount_refunded"}, names...)
	}
	for _, name := range names {
		if n, ok := o[name].(int64); ok {
			return money(n, currency)
		}
	}
	return ""
}

// money writes an amount of a currency's smallest unit, as Stripe counts it:
// https://docs.stripe.com/currencies names those without two decimals.
func money(n int64, currency string) string {
	decimals := 2
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF":
		decimals = 0
	case "BHD", "JOD", "KWD", "OMR", "TND":
		decimals = 3
	}
	digits, sign := strconv.FormatInt(n, 10), ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		digits, sign = rest, "-"
	}
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole := digits[:len(digits)-decimals]
	if decimals > 0 {
		whole += "." + digits[len(digits)-decimals:]
	}
	return sign + whole + " " + currency
}

// page is the dashboard's page of a thing.
func page(account string, test bool, o source.Object) string {
	folder := map[string]string{
		"payment_intent": "payments", "charge": "payments", "invoice": "invoices", "customer": "customers",
		"subscription": "subscriptions", "payout": "payouts", "dispute": "disputes", "product": "products",
		"transfer": "connect/transfers", "coupon": "coupons",
	}[o.Text("object")]
	if folder == "" {
		return ""
	}
	return dashboard(account, test, folder, o.Text("id"))
}

func dashboard(account string, test bool, folder, id string) string {
	if !plain(id) || account != "" && !plain(account) {
		return ""
	}
	address := "https://dashboard.stripe.com/"
	if account != "" {
		address += account + "/"
	}
	if test {
		address += "test/"
	}
	return source.Link(address + folder + "/" + id)
}

// plain tells an id that may stand in an address.
func plain(id string) bool {
	return id != "" && len(id) <= source.MaxLine && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
