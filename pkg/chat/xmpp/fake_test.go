package xmpp_test

import (
	"encoding/xml"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat/chattest"
)

// server is an XMPP server that lets everybody in, and whose rooms take every
// message, save where says tells it otherwise.
type server struct {
	base string
	// says are the answers to an element, by its name ("stream", "auth",
	// "presence", "message", "iq"), in the place of the usual ones; "-" hangs up.
	// {to} and {id} are the element's.
	says map[string]string

	mu    sync.Mutex
	heard []string // the names of what was heard
	taken []chattest.Call
}

// stanza is what a client says.
type stanza struct {
	XMLName xml.Name
	To      string `xml:"to,attr"`
	ID      string `xml:"id,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:"body"`
	Inner   string `xml:",innerxml"`
}

func serve(t *testing.T, says map[string]string) *server {
	t.Helper()
	s := &server{says: says}
	s.base = chattest.Listen(t, s.talk)
	return s
}

func (s *server) sent() []chattest.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]chattest.Call(nil), s.taken...)
}

func (s *server) count(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if h == name {
			n++
		}
	}
	return n
}

func (s *server) talk(conn net.Conn) {
	d, mechanisms := xml.NewDecoder(conn), "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			if end, ok := token.(xml.EndElement); ok && end.Name.Local == "stream" {
				_, _ = fmt.Fprint(conn, "</stream:stream>")
				return
			}
			continue
		}
		var e stanza
		if start.Name.Local != "stream" {
			if d.DecodeElement(&e, &start) != nil {
				return
			}
		}
		answer := s.take(start.Name.Local, e)
		if start.Name.Local == "stream" && answer == "" {
			answer = "<?xml version='1.0'?><stream:stream from='example.com' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
				"<stream:features>" + mechanisms + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
		}
		if answer == "-" {
			return
		}
		if _, err := conn.Write([]byte(strings.NewReplacer("{to}", e.To, "{id}", e.ID).Replace(answer))); err != nil {
			return
		}
		if start.Name.Local == "auth" { // a new stream begins
			d, mechanisms = xml.NewDecoder(conn), ""
		}
	}
}

// take gives the answer to an element, and keeps what it says.
func (s *server) take(name string, e stanza) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, name)
	if name == "message" {
		body := fmt.Sprintf("to %s, %s, id %s\n%s\n", e.To, e.Type, e.ID, e.Inner)
		s.taken = append(s.taken, chattest.Call{Body: []byte(body), Text: e.Body})
	}
	if says, ok := s.says[name]; ok {
		return says
	}
	room, _, _ := strings.Cut(e.To, "/")
	switch {
	case name == "auth":
		return "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
	case name == "iq":
		return "<iq type='result' id='{id}'/>"
	case name == "presence" && e.Type == "":
		return "<presence from='" + room + "/someone'/><presence from='{to}' id='{id}'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>"
	case name == "message" && e.Type == "groupchat":
		return "<message type='groupchat' from='{to}/someone' id='x'><body>hello</body></message>" +
			"<message type='groupchat' from='{to}/postern' id='{id}'><stanza-id xmlns='urn:xmpp:sid:0' by='{to}' id='of-the-room'/></message>"
	}
	return ""
}
