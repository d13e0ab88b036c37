package xmpp

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// stream is a connection before anybody else reads it: a step is written, and
// its answer awaited.
type stream struct {
	net.Conn
	xml *xml.Decoder
}

// connect opens a connection, logs in and takes an address.
func (s *Sender) connect(ctx context.Context) (*line, error) {
	server := s.server
	if s.lookup {
		server.Address = s.found(ctx)
	}
	conn, err := server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(maxAnswer))
	free := context.AfterFunc(ctx, func() { _ = conn.Close() })
	st := &stream{Conn: conn}
	err = s.begin(ctx, st)
	if !free() || err != nil {
		_ = conn.Close()
		if advised(err) {
			return nil, err
		}
		return nil, chat.Broke(ctx, "not sent (logging in)", err)
	}
	_ = conn.SetDeadline(time.Time{})
	return newLine(st, s.hidden), nil
}

// advised reports that an error says itself what it means.
func advised(err error) bool { return retry.AdviceOn(err) != (retry.Advice{}) }

// found is where the domain says its server is, else the domain itself.
func (s *Sender) found(ctx context.Context) string {
	_, records, err := net.DefaultResolver.LookupSRV(ctx, "xmpp-client", "tcp", s.domain)
	if err != nil || len(records) == 0 || records[0].Target == "." {
		return s.server.Address
	}
	return net.JoinHostPort(strings.TrimSuffix(records[0].Target, "."), strconv.Itoa(int(records[0].Port)))
}

func (s *Sender) begin(ctx context.Context, st *stream) error {
	features, err := s.open(st)
	if err != nil {
		return err
	}
	if !s.server.Encrypted {
		if features, err = s.encrypt(ctx, st, features); err != nil {
			return err
		}
	}
	if err := s.login(st, features.Mechanisms); err != nil {
		return err
	}
	if _, err := s.open(st); err != nil {
		return err
	}
	bound, err := s.step(st, "<iq type='set' id='bind'><bind xmlns='"+nsBind+"'/></iq>")
	switch {
	case err != nil:
		return err
	case bound.Error != nil:
		return retry.With(errors.New("the server gives no address: "+bound.Error.condition()), retry.Scope(retry.Account))
	}
	return nil
}

// open begins a stream and reads what the server offers.
func (s *Sender) open(st *stream) (element, error) {
	st.xml = xml.NewDecoder(st.Conn)
	hello := "<?xml version='1.0'?><stream:stream to='" + escape(s.domain) + "' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='" + nsStream + "'>"
	if _, err := io.WriteString(st.Conn, hello); err != nil {
		return element{}, err
	}
	for {
		token, err := st.xml.Token()
		if err != nil {
			return element{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Space != nsStream || start.Name.Local != "stream" {
				return element{}, errors.New("the server does not speak XMPP")
			}
			return s.step(st, "")
		}
	}
}

// step writes something and reads one element.
func (s *Sender) step(st *stream, what string) (element, error) {
	if what != "" {
		if _, err := io.WriteString(st.Conn, what); err != nil {
			return element{}, err
		}
	}
	e, err := next(st.xml)
	if err == nil && e.XMLName.Space == nsStream && e.XMLName.Local == "error" {
		return element{}, ended(e, s.hidden)
	}
	return e, err
}

// next reads an element whole. The stream's own end is io.EOF.
func next(d *xml.Decoder) (element, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return element{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			var e element
			err := d.DecodeElement(&e, &token)
			return e, err
		case xml.EndElement:
			return element{}, io.EOF
		}
	}
}

// encrypt goes on with TLS wherever the server can, save where the config gave
// it up; a server that is not this machine must be able to.
func (s *Sender) encrypt(ctx context.Context, st *stream, features element) (element, error) {
	switch {
	case s.plaintext, features.StartTLS == nil && s.server.Plain:
		return features, nil
	case features.StartTLS == nil:
		return element{}, retry.Never(errors.New("the server offers no STARTTLS, and nothing is sent in clear (plaintext: true allows it)"),
			retry.Broken(), retry.Scope(retry.Account))
	}
	e, err := s.step(st, "<starttls xmlns='"+nsTLS+"'/>")
	if err != nil {
		return element{}, err
	}
	if e.XMLName.Local != "proceed" {
		return element{}, errors.New("the server cannot go on with TLS now")
	}
	secured := tls.Client(st.Conn, s.server.TLS)
	if err := secured.HandshakeContext(ctx); err != nil {
		return element{}, err
	}
	st.Conn = secured
	return s.open(st)
}

// login proves who we are.
func (s *Sender) login(st *stream, offered []string) error {
	m, err := s.mechanism(offered)
	if err != nil {
		return err
	}
	e, err := s.step(st, "<auth xmlns='"+nsSASL+"' mechanism='"+m.name+"'>"+encode(m.first)+"</auth>")
	for {
		if err != nil {
			return err
		}
		switch e.XMLName.Local {
		case "failure":
			return denied(e, s.hidden)
		case "success":
			return m.check(decode(e.Data))
		case "challenge":
			answer, err := m.answer(decode(e.Data))
			if err != nil {
				return err
			}
			e, err = s.step(st, "<response xmlns='"+nsSASL+"'>"+encode(answer)+"</response>")
			if err != nil {
				return err
			}
		default:
			return fmt.Errorf("the server answers a login with <%s>", chat.Words(e.XMLName.Local))
		}
	}
}
