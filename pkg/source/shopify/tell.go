package shopify

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// listed is how many items or payments are named one by one.
const listed = 5

// domain is the only form of a shop's own domain. The header that holds it is
// not signed: nothing else of it may become an address.
var domain = regexp.MustCompile(`\A([a-z0-9][a-z0-9-]*)\.myshopify\.com\z`)

// detail is what the headline needs beside the event.
type detail struct{ amount string }

func tell(e *webhook.Event, o source.Object, shop string, test bool) {
	family, _, _ := strings.Cut(e.Type, "/")
	e.Container.Name = cmp.Or(shop, "Shopify")
	admin := ""
	if parts := domain.FindStringSubmatch(shop); parts != nil {
		e.Container.Name = parts[1]
		admin = "https://" + shop + "/admin"
	}
	e.Container.URL = admin
	folder, id := page(family, o)
	e.Subject = subject(family, o)
	e.Subject.URL = forge.Page(admin, "/"+folder+"/", id)
	e.URL = cmp.Or(e.Subject.URL, admin)
	if id != "" {
		e.Thread = "shopify:" + e.Container.Name + ":" + folder + ":" + id
	}
	if test || o.Flag("test") {
		e.Container.Name += " test"
	}
	for tag := range strings.SplitSeq(o.Line("tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			e.Labels = append(e.Labels, tag)
		}
	}
	e.Severity = severity(e.Type)
	e.Default = slices.Contains(defaults(), e.Type)
	d := detail{amount: amount(family, o)}
	e.Detail = d
	e.Fields = fields(family, o, d.amount)
	e.Title = headline(*e, source.English)
}

// page is the folder and the id of a thing's page: what is done to an order
// belongs to the order.
func page(family string, o source.Object) (folder, id string) {
	switch family {
	case "refunds", "fulfillments", "order_transactions", "disputes":
		return "orders", o.Line("order_id")
	case "customers":
		return family, cmp.Or(o.Line("id"), o.Line("customer.id"))
	case "orders":
		return family, cmp.Or(o.Line("id"), o.Line("order_edit.order_id"))
	case "products", "draft_orders", "checkouts", "collections", "themes":
		return family, o.Line("id")
	default:
		return family, ""
	}
}

// subject is the thing's number or title. That of a customer would be a name.
func subject(family string, o source.Object) webhook.Subject {
	switch family {
	case "orders":
		return webhook.Subject{Number: strings.TrimPrefix(cmp.Or(o.Line("name"), o.Line("order_number")), "#")}
	case "draft_orders", "fulfillments":
		return webhook.Subject{Number: strings.TrimPrefix(o.Line("name"), "#")}
	case "products", "collections":
		return webhook.Subject{Title: o.Line("title")}
	case "themes", "shop", "locations":
		return webhook.Subject{Title: o.Line("name")}
	case "refunds", "order_transactions", "disputes":
		return webhook.Subject{Title: o.Line("order_id")}
	default:
		return webhook.Subject{Title: cmp.Or(o.Line("id"), o.Line("customer.id"), o.Line("inventory_item_id"))}
	}
}

// amount is what the event is about, as people write it: "59.95 USD". Shopify
// sends decimals, and they are shown as they are.
func amount(family string, o source.Object) string {
	switch family {
	case "orders", "draft_orders", "checkouts":
		total := cmp.Or(o.Line("current_total_price"), o.Line("total_price"))
		if o.Text("cancelled_at") != "" { // nothing is left of it: what it was is the news
			total = cmp.Or(o.Line("total_price"), total)
		}
		return money(total, cmp.Or(o.Line("currency"), o.Line("presentment_currency")))
	case "order_transactions", "disputes":
		return money(o.Line("amount"), o.Line("currency"))
	case "refunds":
		var paid []string
		for _, t := range o.Objects("transactions") {
			if m := money(t.Line("amount"), t.Line("currency")); m != "" && len(paid) < listed {
				paid = append(paid, m)
			}
		}
		return strings.Join(paid, " + ")
	default:
		return ""
	}
}

func money(number, currency string) string {
	if number == "" || currency == "" {
		return ""
	}
	return number + " " + currency
}

func fields(family string, o source.Object, amount string) []webhook.Field {
	customer := cmp.Or(o.Line("customer.id"), o.Line("customer_id"))
	if family == "customers" && customer == "" {
		customer = o.Line("id")
	}
	return source.Fields(
		"Amount", amount, "Items", items(o), "Customer", customer,
		"E-mail", source.MaskMail(cmp.Or(o.Line("customer.email"), o.Line("email"), o.Line("contact_email"))),
		"Payment", cmp.Or(o.Line("financial_status"), o.Line("kind")), "Shipping", cmp.Or(o.Line("fulfillment_status"), o.Line("shipment_status")),
		"Carrier", o.Line("tracking_company"), "Status", o.Line("status"),
		"Reason", cmp.Or(o.Line("cancel_reason"), o.Line("reason"), o.Line("message"), refundNote(family, o)),
		"Answer by", o.Line("evidence_due_by"), "Vendor", o.Line("vendor"),
		"Available", o.Line("available"), "Location", o.Line("location_id"),
	)
}

// refundNote is what the merchant wrote. The note of an order is its buyer's.
func refundNote(family string, o source.Object) string {
	if family != "refunds" {
		return ""
	}
	return o.Line("note")
}

// items reads "2 × Mug, 1 × T-shirt".
func items(o source.Object) string {
	var names []string
	all := o.Objects("line_items")
	for _, item := range all[:min(len(all), listed)] {
		name := cmp.Or(item.Line("title"), item.Line("name"))
		if quantity := item.Line("quantity"); quantity != "" && name != "" {
			name = quantity + " × " + name
		}
		if name != "" {
			names = append(names, name)
		}
	}
	list := strings.Join(names, ", ")
	if len(all) > listed {
		list += ", …"
	}
	return list
}

// defaults are the topics that a person must hear of, each thing once: an order
// that is paid was an order before.
func defaults() []string {
	return []string{
		"orders/create", "orders/cancelled", "refunds/create", "disputes/create", "app/uninstalled", "themes/publish",
		"customers/data_request", "customers/redact", "shop/redact",
	}
}

func severity(topic string) webhook.Severity {
	switch topic {
	case "disputes/create":
		return webhook.Error
	case "orders/cancelled", "refunds/create", "app/uninstalled", "disputes/update",
		"customers/data_request", "customers/redact", "shop/redact":
		return webhook.Warning
	case "orders/create", "orders/paid", "orders/fulfilled", "draft_orders/create", "fulfillments/create",
		"products/create", "products/delete", "themes/publish":
		return webhook.Notice
	default:
		return webhook.Info
	}
}
