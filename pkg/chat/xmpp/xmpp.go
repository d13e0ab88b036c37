// Package xmpp tells rooms (XEP-0045) and people over XMPP (RFC 6120), with one
// connection for each account. It reads nothing of what others say, and no text
// of a message can become an element.
package xmpp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// maxBody is how long a text may be, in bytes: a reader's patience, not a
// server's.
const maxBody = 8 << 10

// Definition registers this chat as "xmpp".
func Definition() chat.Definition { return chat.Define("xmpp", New) }

// Config names the account. Its server is asked of the domain's SRV records
// (RFC 6120 3.2), unless url says where it is.
type Config struct {
	// URL is xmpp://host:5222, which goes on encrypted (STARTTLS), or
	// xmpps://host:5223, which begins so. xmpp://user:password@example.com is an
	// account, too.
	URL      secret.Text `yaml:"url"`
	JID      string      `yaml:"jid"` // user@example.com
	Password secret.Text `yaml:"password"`
	Nick     string      `yaml:"nick"` // in rooms; empty: the user
	// Passwords open rooms that want one: {room@conference.example.com: "${ROOM}"}.
	Passwords map[string]secret.Text `yaml:"passwords"`
	// CA holds the certificates, in PEM, that are trusted in the place of the
	// system's: ca: file:/etc/postern/xmpp.pem.
	CA secret.Text `yaml:"ca"`
	// Plaintext gives up TLS.
	Plaintext bool `yaml:"plaintext"`
}

// Sender speaks for one account. It connects when there is something to say,
// and stays.
type Sender struct {
	server       chat.Server
	lookup       bool // the domain says where it is
	plaintext    bool
	user, domain string
	password     secret.Text
	nick         string
	passwords    map[string]secret.Text
	hidden       []secret.Text
	kept         *chat.Kept[*line]
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
	_ io.Closer           = (*Sender)(nil)
)

// bareJID is the part of RFC 7622 that accounts and rooms have in practice.
var bareJID = regexp.MustCompile(`^([^\x00-\x20"&'/:<>@\x7f]{1,100})@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)$`)

// New checks the settings. It connects to nobody.
func New(c Config, _ chat.Tools) (*Sender, error) {
	s := &Sender{plaintext: c.Plaintext, password: c.Password, passwords: map[string]secret.Text{}}
	if err := s.address(c); err != nil {
		return nil, err
	}
	if s.nick = cmp.Or(c.Nick, s.user); strings.ContainsAny(s.nick, "\x00\r\n\t") || len(s.nick) > 100 {
		return nil, errors.New("nick is longer than 100 bytes, or holds a control character")
	}
	if s.password.Empty() {
		return nil, errors.New("password is missing or empty")
	}
	s.hidden = hidden(s.user, s.password)
	for room, password := range c.Passwords {
		if !bareJID.MatchString(room) || password.Empty() {
			return nil, fmt.Errorf("passwords: %q is no room, or its password is empty", room)
		}
		s.passwords[strings.ToLower(room)] = password
		s.hidden = append(s.hidden, password)
	}
	s.kept = chat.Keep(s.connect)
	return s, nil
}

// address reads who we are and where the server is.
func (s *Sender) address(c Config) error {
	jid := bareJID.FindStringSubmatch(c.JID)
	if c.JID != "" && jid == nil {
		return errors.New("jid is no account like user@example.com")
	}
	if c.URL.Empty() && jid != nil {
		c.URL, s.lookup = secret.New("xmpp://"+jid[2]), true
	}
	var err error
	s.server, err = chat.ParseServer(c.URL, c.CA, c.Plaintext, map[string]chat.Scheme{
		"xmpp": {Port: "5222"}, "xmpps": {Port: "5223", Encrypted: true},
	})
	switch {
	case c.URL.Empty():
		return errors.New("jid is missing (user@example.com)")
	case err != nil:
		return fmt.Errorf("url %w (xmpp://host:5222 or xmpps://host:5223)", err)
	case jid != nil && s.server.User != "":
		return errors.New("url holds a user, and there is a jid")
	case jid == nil && !bareJID.MatchString(s.server.User+"@"+s.server.Host):
		return errors.New("jid is missing (user@example.com)")
	}
	if s.user, s.domain = s.server.User, s.server.Host; jid != nil {
		s.user, s.domain = jid[1], jid[2]
	}
	if s.password.Empty() {
		s.password = s.server.Password
	}
	s.server.TLS.ServerName = s.domain // a certificate is the domain's, wherever its server is
	return nil
}

// Capabilities says that a second between two messages offends no server. The
// message's id is the same at every attempt, but no server promises to look.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.PlainText, Channels: true, Threads: true,
		Limits: chat.Limits{Chat: []chat.Rate{{Count: 5, Per: 5 * time.Second}}},
	}
}

// CheckChannel takes "room_" and a room's address, or "private_" and a
// person's. Without either it is a room.
func (*Sender) CheckChannel(channel string) error {
	_, _, err := target(channel)
	return err
}

func target(channel string) (jid string, room bool, err error) {
	jid, private := strings.CutPrefix(channel, "private_")
	if !private {
		jid = strings.TrimPrefix(jid, "room_")
	}
	if !bareJID.MatchString(jid) {
		return "", false, fmt.Errorf("%q is no room and nobody's address", channel)
	}
	return strings.ToLower(jid), !private, nil
}

// Send says d. A room sends every message back to who wrote it: that is the
// proof that it was said. Of a person's server there is no such proof, only
// that ours has passed it on.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, room, err := target(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	m := message{to: to, id: short(d.Key()), body: text(d.Message)}
	if m.body == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	if d.Message.Thread != "" {
		m.thread = short(d.Message.Thread)
	}
	var receipt chat.Receipt
	err = s.kept.Speak(ctx, func(ctx context.Context, l *line) error {
		var err error
		l.quiet(m.id)
		if !room {
			receipt, err = l.tell(ctx, m)
			return err
		}
		if receipt, err = s.sayIn(ctx, l, m); errors.Is(err, errStranger) { // it was not said: we come in anew, one time
			receipt, err = s.sayIn(ctx, l, m)
		}
		return err
	})
	return receipt, err
}

func (s *Sender) sayIn(ctx context.Context, l *line, m message) (chat.Receipt, error) {
	if err := l.enter(ctx, m.to, s.nick, s.passwords[m.to]); err != nil {
		return chat.Receipt{}, err
	}
	return l.say(ctx, m)
}

// Probe connects, if need be, and asks whether the server still hears us.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	err := s.kept.Speak(ctx, func(ctx context.Context, l *line) error {
		l.quiet("")
		return l.ping(ctx, nil)
	})
	if err != nil {
		return "", err
	}
	return s.user + "@" + s.domain, nil
}

// Close takes leave. A Send that comes later fails.
func (s *Sender) Close() error { return s.kept.Close() }

// short is an id made of anything: the same for the same.
func short(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "postern-" + hex.EncodeToString(sum[:12])
}

// text is what is said: plain, for what looks like markup is none (see the
// "unstyled" of message.String).
func text(m chat.Message) string {
	mentions := make([]string, 0, len(m.Mentions))
	for _, name := range m.Mentions {
		if name = strings.Join(strings.Fields(chat.Clean(name)), " "); name != "" {
			mentions = append(mentions, name)
		}
	}
	calls := strings.Join(mentions, ", ")
	if calls != "" {
		calls += ": "
	}
	said := chat.Fit(m.Clean().Linked(), maxBody-len(calls), chat.Bytes, chat.Message.Text).Text()
	if said == "" {
		return ""
	}
	return calls + said
}
