package xmpp

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// The namespaces.
const (
	nsStream = "http://etherx.jabber.org/streams"
	nsTLS    = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL   = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind   = "urn:ietf:params:xml:ns:xmpp-bind"
	nsMUC    = "http://jabber.org/protocol/muc"
	nsPing   = "urn:xmpp:ping"
	nsSID    = "urn:xmpp:sid:0"
	nsStyle  = "urn:xmpp:styling:0"
)

// busy is how long a server wants to be left alone that says so and no time.
const busy = 30 * time.Second

// element is anything a server sends, as far as it concerns us.
type element struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	ID      string `xml:"id,attr"`
	Type    string `xml:"type,attr"`
	// Data is what a step of logging in holds, in base64.
	Data string `xml:",chardata"`
	// of <stream:features>
	StartTLS   *struct{} `xml:"urn:ietf:params:xml:ns:xmpp-tls starttls"`
	Mechanisms []string  `xml:"urn:ietf:params:xml:ns:xmpp-sasl mechanisms>mechanism"`
	// of stanzas
	Error  *fault `xml:"error"`
	Status []struct {
		Code int `xml:"code,attr"`
	} `xml:"http://jabber.org/protocol/muc#user x>status"`
	Marks []struct {
		ID string `xml:"id,attr"`
		By string `xml:"by,attr"`
	} `xml:"urn:xmpp:sid:0 stanza-id"`
	Ping *struct{} `xml:"urn:xmpp:ping ping"`
	// of <stream:error> and <failure>: the condition, and words
	Any  []named `xml:",any"`
	Text string  `xml:"text"`
}

type named struct{ XMLName xml.Name }

// fault is the <error> of a stanza (RFC 6120 8.3).
type fault struct {
	Type string  `xml:"type,attr"`
	Text string  `xml:"text"`
	Any  []named `xml:",any"`
}

func (f fault) condition() string { return condition(f.Any) }

func condition(any []named) string {
	if len(any) == 0 {
		return "undefined-condition"
	}
	return any[0].XMLName.Local
}

// has reports whether a presence bears a room's status code.
func (e element) has(code int) bool {
	for _, s := range e.Status {
		if s.Code == code {
			return true
		}
	}
	return false
}

// mark is the id that a room gave a message (XEP-0359), or "".
func (e element) mark(room string) string {
	for _, m := range e.Marks {
		if strings.EqualFold(m.By, room) {
			return m.ID
		}
	}
	return ""
}

// message is one of ours.
type message struct {
	to, id, body, thread string
	room                 bool
}

// String is the stanza. "unstyled" keeps a reader from taking *stars* for more
// than stars (XEP-0393 6).
func (m message) String() string {
	kind, thread := "chat", ""
	if m.room {
		kind = "groupchat"
	}
	if m.thread != "" {
		thread = "<thread>" + escape(m.thread) + "</thread>"
	}
	return "<message to='" + escape(m.to) + "' type='" + kind + "' id='" + escape(m.id) + "'><body>" + escape(m.body) + "</body>" +
		thread + "<unstyled xmlns='" + nsStyle + "'/><origin-id xmlns='" + nsSID + "' id='" + escape(m.id) + "'/></message>"
}

// escape makes any text fit into an element or an attribute. What XML cannot
// hold is dropped: one such character would end the stream.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF || r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// refusal says what the error of a stanza means.
func refusal(f fault, hidden []secret.Text) error {
	err := fmt.Errorf("%w %s: %s", chat.ErrAnswered, f.condition(), chat.Words(f.Text, hidden...))
	if f.Type == "wait" {
		return retry.After(busy, err)
	}
	switch f.condition() {
	case "item-not-found", "forbidden", "not-acceptable", "not-allowed", "not-authorized", "registration-required", "service-unavailable",
		"gone", "redirect", "recipient-unavailable", "jid-malformed", "remote-server-not-found", "subscription-required", "conflict":
		return retry.Never(err, retry.Broken())
	case "remote-server-timeout", "internal-server-error", "undefined-condition":
		return err
	case "resource-constraint", "policy-violation":
		return retry.After(busy, err)
	}
	return retry.Never(err)
}

// denied says what a failed login means (RFC 6120 6.5).
func denied(e element, hidden []secret.Text) error {
	why := condition(e.Any)
	err := fmt.Errorf("the server does not let us in: %s: %s", why, chat.Words(e.Text, hidden...))
	switch why {
	case "temporary-auth-failure", "aborted":
		return retry.With(err, retry.Scope(retry.Account))
	}
	return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
}

// ended is the error of a stream that the server ends (RFC 6120 4.9).
func ended(e element, hidden []secret.Text) error {
	why := condition(e.Any)
	err := fmt.Errorf("the server ended the stream: %s: %s", why, chat.Words(e.Text, hidden...))
	switch why {
	case "host-unknown", "host-gone", "not-authorized", "unsupported-version":
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	}
	return retry.With(err, retry.Scope(retry.Account))
}
