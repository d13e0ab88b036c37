package servertest

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// XMPPPassword is every account's of an XMPP.
const XMPPPassword = "xmpp-Password-1"

// Room is a room of an XMPP once somebody listens there.
const Room = "ops@conference.localhost"

// XMPP is a Prosody with the accounts postern@localhost, other@localhost and
// reader@localhost.
type XMPP struct {
	*Program
	Address   string // with STARTTLS
	Encrypted string // with TLS from the first byte on
}

// StartXMPP starts a Prosody. lua is added to its config.
func StartXMPP(tb testing.TB, cert Certificate, lua string) *XMPP {
	tb.Helper()
	path := Find(tb, "prosody")
	dir, free := tb.TempDir(), ports(tb, 2)
	accounts := filepath.Join(dir, "localhost", "accounts")
	if err := os.MkdirAll(accounts, 0o700); err != nil {
		tb.Fatal(err)
	}
	for _, user := range []string{"postern", "other", "reader"} {
		write(tb, filepath.Join(accounts, user+".dat"), fmt.Sprintf("return { password = %q }\n", XMPPPassword))
	}
	config := filepath.Join(dir, "prosody.cfg.lua")
	write(tb, config, fmt.Sprintf(`
daemonize = false
run_as_root = true
pidfile = %q
data_path = %q
interfaces = { "127.0.0.1" }
c2s_ports = { %s }
c2s_direct_tls_ports = { %s }
s2s_ports = {}
modules_enabled = { "saslauth", "tls", "disco", "ping" }
modules_disabled = { "s2s" }
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
ssl = { certificate = %q, key = %q }
log = { info = "*console" }
%s
VirtualHost "localhost"
Component "conference.localhost" "muc"
	muc_room_locking = false
`, filepath.Join(dir, "pid"), dir, free[0], free[1], cert.CertFile, cert.KeyFile, lua))
	return &XMPP{
		Program: start(tb, free, path, "--config", config),
		Address: "127.0.0.1:" + free[0], Encrypted: "127.0.0.1:" + free[1],
	}
}

// Reader is somebody who sits in a room and writes down what is said.
type Reader struct {
	tb   testing.TB
	conn net.Conn
	xml  *xml.Decoder

	mu    sync.Mutex
	heard []Said
}

// Said is one thing that a Reader heard.
type Said struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	Type    string `xml:"type,attr"`
	ID      string `xml:"id,attr"`
	Body    string `xml:"body"`
	Jid     string `xml:"bind>jid"`
}

// Read logs in as reader@localhost and sits down in Room, which it makes if
// need be.
func (s *XMPP) Read() *Reader {
	s.tb.Helper()
	conn, err := net.Dial("tcp", s.Address)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = conn.Close() })
	r := &Reader{tb: s.tb, conn: conn}
	login := base64.StdEncoding.EncodeToString([]byte("\x00reader\x00" + XMPPPassword))
	r.open()
	r.Say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + login + "</auth>")
	if _, err := r.next(); err != nil {
		s.tb.Fatal(err)
	}
	r.open()
	r.Say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq><presence/>" +
		"<presence to='" + Room + "/reader'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
	go r.read()
	Await(s.tb, "the reader to sit down", func() bool {
		return slices.ContainsFunc(r.Heard("presence"), func(p Said) bool { return p.From == Room+"/reader" })
	})
	return r
}

// open begins a stream and skips what is offered.
func (r *Reader) open() {
	r.tb.Helper()
	r.xml = xml.NewDecoder(r.conn)
	r.Say("<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
	for {
		token, err := r.xml.Token()
		if err != nil {
			r.tb.Fatal(err)
		}
		if _, ok := token.(xml.StartElement); ok {
			break
		}
	}
	if _, err := r.next(); err != nil {
		r.tb.Fatal(err)
	}
}

func (r *Reader) next() (s Said, err error) { return s, r.xml.Decode(&s) }

func (r *Reader) read() {
	for {
		s, err := r.next()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.heard = append(r.heard, s)
		r.mu.Unlock()
	}
}

// Say sends XML of the reader's own.
func (r *Reader) Say(xml string) {
	r.tb.Helper()
	if _, err := r.conn.Write([]byte(xml)); err != nil {
		r.tb.Fatal(err)
	}
}

// Heard gives what was heard, by the name of its element.
func (r *Reader) Heard(name string) (heard []Said) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.heard {
		if s.XMLName.Local == name {
			heard = append(heard, s)
		}
	}
	return heard
}

// Bodies gives the texts that somebody said in Room.
func (r *Reader) Bodies(nick string) (texts []string) {
	for _, m := range r.Heard("message") {
		if m.Body != "" && strings.EqualFold(m.From, Room+"/"+nick) {
			texts = append(texts, m.Body)
		}
	}
	return texts
}
