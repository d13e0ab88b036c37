package email

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	longest  = 2 * time.Minute // of a conversation whose context sets no end
	farewell = 5 * time.Second
)

// talk is one conversation with the server. It breaks when its context ends.
type talk struct {
	client *smtp.Client
	conn   net.Conn
	free   func() bool // of the context
	hidden []secret.Text
}

// open connects, greets, encrypts and proves who we are.
func (s *Sender) open(ctx context.Context) (*talk, error) {
	conn, err := s.server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(longest))
	t := &talk{conn: conn, free: context.AfterFunc(ctx, func() { _ = conn.Close() }), hidden: s.hidden()}
	if t.client, err = smtp.NewClient(conn, s.server.Host); err != nil {
		t.free()
		_ = conn.Close()
		return nil, t.fault(ctx, greeting, err)
	}
	t.client.SkipSMTPUTF8(true) // our addresses need none, and it would bind the recipient's server to it
	if err := s.greet(ctx, t); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (s *Sender) greet(ctx context.Context, t *talk) error {
	name := s.helo
	if name == "" {
		name = literal(t.conn)
	}
	if err := t.client.Hello(name); err != nil {
		return t.fault(ctx, greeting, err)
	}
	if err := s.encrypt(ctx, t); err != nil {
		return err
	}
	return s.authenticate(ctx, t)
}

// literal is our end of the connection as an EHLO names it.
func literal(conn net.Conn) string {
	at, err := netip.ParseAddrPort(conn.LocalAddr().String())
	switch ip := at.Addr().Unmap(); {
	case err != nil:
		return "localhost"
	case ip.Is4():
		return "[" + ip.String() + "]"
	default:
		return "[IPv6:" + ip.WithZone("").String() + "]"
	}
}

// encrypt goes on with TLS wherever the server can, save where the config gave
// it up; a server that is not this machine must be able to.
func (s *Sender) encrypt(ctx context.Context, t *talk) error {
	offered, _ := t.client.Extension("STARTTLS")
	switch {
	case s.server.Encrypted, s.plaintext:
		return nil
	case offered:
		if err := t.client.StartTLS(s.server.TLS); err != nil {
			return t.fault(ctx, greeting, err)
		}
		return nil
	case s.server.Plain:
		return nil
	}
	return retry.Never(errors.New("the server offers no STARTTLS, and nothing is sent in clear (plaintext: true allows it)"),
		retry.Broken(), retry.Scope(retry.Account))
}

// authenticate takes the best of what the server offers.
func (s *Sender) authenticate(ctx context.Context, t *talk) error {
	if s.server.User == "" {
		return nil
	}
	_, offered := t.client.Extension("AUTH")
	auth := s.mechanism(strings.Fields(strings.ToUpper(offered)))
	if auth == nil {
		return retry.Never(fmt.Errorf("the server offers no way to log in that is known here (AUTH %s)", chat.Words(offered, t.hidden...)),
			retry.Broken(), retry.Scope(retry.Account))
	}
	if err := t.client.Auth(auth); err != nil {
		return t.fault(ctx, login, err)
	}
	return nil
}

func (s *Sender) mechanism(offered []string) smtp.Auth {
	user, password := s.server.User, s.server.Password.Reveal()
	known := map[string]smtp.Auth{
		"SCRAM-SHA-256": smtp.ScramSHA256Auth(user, password),
		"SCRAM-SHA-1":   smtp.ScramSHA1Auth(user, password),
		"PLAIN":         smtp.PlainAuth("", user, password, s.server.Host, s.server.Plain),
		"LOGIN":         smtp.LoginAuth(user, password, s.server.Host, s.server.Plain),
	}
	for _, best := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} {
		if slices.Contains(offered, best) {
			return known[best]
		}
	}
	return nil
}

// hidden is the password, also as it looks on the wire: servers repeat what
// they refuse.
func (s *Sender) hidden() []secret.Text {
	user, password := s.server.User, s.server.Password.Reveal()
	if password == "" {
		return nil
	}
	encode := func(raw string) secret.Text { return secret.New(base64.StdEncoding.EncodeToString([]byte(raw))) }
	return []secret.Text{encode("\x00" + user + "\x00" + password), encode(password), s.server.Password}
}

// deliver hands one mail to the server.
func (t *talk) deliver(ctx context.Context, from, to string, letter []byte) error {
	if err := t.roomFor(letter); err != nil {
		return err
	}
	if err := t.client.Mail("<" + from + ">"); err != nil {
		return t.fault(ctx, sender, err)
	}
	if err := t.client.Rcpt("<" + to + ">"); err != nil {
		return t.fault(ctx, receiver, err)
	}
	w, err := t.client.Data()
	if err != nil {
		return t.fault(ctx, content, err)
	}
	if _, err := w.Write(letter); err != nil { // without its final dot it is no mail
		return t.fault(ctx, content, err)
	}
	if err := w.Close(); err != nil {
		return t.fault(ctx, handedOver, err)
	}
	return nil
}

// roomFor asks the server's SIZE (RFC 1870), so that what it would refuse is
// not sent to it.
func (t *talk) roomFor(letter []byte) error {
	_, size := t.client.Extension("SIZE")
	if most, err := strconv.ParseInt(strings.TrimSpace(size), 10, 64); err == nil && most > 0 && int64(len(letter)) > most {
		return retry.Never(fmt.Errorf("the mail has %d bytes, the server takes %d", len(letter), most), retry.Degrade())
	}
	return nil
}

// close says goodbye. What the server says to that changes nothing.
func (t *talk) close() {
	_ = t.conn.SetDeadline(time.Now().Add(farewell))
	_ = t.client.Quit()
	t.free()
}

// stage is how far a conversation had come.
type stage string

const (
	greeting   stage = "greeting"
	login      stage = "login"
	sender     stage = "sender"
	receiver   stage = "recipient"
	content    stage = "content"
	handedOver stage = "handed over"
)

// fault says what an error of a stage means. An answer is an answer, also after
// the final dot: RFC 5321 4.2.5 makes the mail ours again. Without one the mail
// is lost only there.
func (t *talk) fault(ctx context.Context, at stage, err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return refusal(at, reply.Code, chat.Words(reply.Msg, t.hidden...))
	}
	if at == handedOver {
		return retry.Unknown(t.broke(ctx, "sent, but no answer came", err))
	}
	return t.broke(ctx, "not sent ("+string(at)+")", err)
}

// broke keeps of an error that is no answer what shows no secret.
func (t *talk) broke(ctx context.Context, doing string, err error) error {
	_, network := errors.AsType[net.Error](err)
	if _, cert := errors.AsType[*tls.CertificateVerificationError](err); cert || network {
		return chat.Broke(ctx, doing, err)
	}
	return chat.Broke(ctx, doing, errors.New(chat.Words(err.Error(), t.hidden...)))
}
