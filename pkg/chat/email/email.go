// Package email tells people by mail: one message for each notification and
// recipient, handed to one SMTP server (RFC 5321). It never loads anything
// from afar into a mail, and never speaks to the recipient's own server unless
// that is the one it was given.
package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/mail"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "email".
func Definition() chat.Definition { return chat.Define("email", New) }

// Config names the server that takes our mail, and who we are.
type Config struct {
	// SMTPURL is smtp://user:password@host:587, which goes on encrypted
	// (STARTTLS), or smtps://user:password@host:465, which begins so.
	SMTPURL secret.Text `yaml:"smtp_url"`
	From    string      `yaml:"from"` // "Postern <postern@example.com>"
	// To is the one recipient of an account that has no channels; without it
	// the channel of a chat key is the address.
	To            string `yaml:"to"`
	SubjectPrefix string `yaml:"subject_prefix"`
	// CA holds the certificates, in PEM, that are trusted in the place of the
	// system's: ca: file:/etc/postern/mail.pem.
	CA secret.Text `yaml:"ca"`
	// Plaintext gives up TLS for a server that is not this machine.
	Plaintext bool `yaml:"plaintext"`
	// Helo is the name we greet the server with; empty: our address, as
	// RFC 5321 4.1.3 writes it.
	Helo string `yaml:"helo"`
}

// Sender hands mail to one server. It holds no connection between messages.
type Sender struct {
	server    chat.Server
	plaintext bool
	from      mail.Address
	domain    string // of from
	to        string // "" where the channel says it
	prefix    string
	helo      string
	page      *template.Template
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
)

// New checks the settings.
func New(c Config, _ chat.Tools) (*Sender, error) {
	server, err := chat.ParseServer(c.SMTPURL, c.CA, c.Plaintext, map[string]chat.Scheme{
		"smtp": {Port: "587"}, "smtps": {Port: "465", Encrypted: true},
	})
	if err != nil {
		return nil, fmt.Errorf("smtp_url %w (smtp://user:password@host:587, or smtps://)", err)
	}
	if (server.User == "") != server.Password.Empty() {
		return nil, errors.New("smtp_url has a user without a password, or a password without a user")
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil || !addressShape.MatchString(from.Address) {
		return nil, errors.New("from is no address like postern@example.com or Postern <postern@example.com>")
	}
	s := &Sender{
		server: server, plaintext: c.Plaintext, from: *from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:],
		prefix: chat.Clean(c.SubjectPrefix), helo: c.Helo, page: template.Must(template.New("mail").Parse(page)),
	}
	if c.To != "" {
		if s.to, err = recipient(c.To); err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
	}
	if c.Helo != "" && !heloShape.MatchString(c.Helo) {
		return nil, errors.New("helo is no name of a host, nor an address like [192.0.2.1]")
	}
	return s, nil
}

// Capabilities says that a server takes mail as it comes: whatever it limits,
// it says with a 4yz.
func (s *Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.Rich, Channels: s.to == "", Files: true, Threads: true}
}

var (
	// addressShape is a mailbox that needs no quoting: RFC 5321's dot-string at a
	// name or an address literal. A domain in other letters is written as xn--.
	addressShape = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
		`@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f.:]+\])$`)
	heloShape = regexp.MustCompile(`^(?:[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*|\[[A-Za-z0-9.:]+\])$`)
)

// CheckChannel takes an address, with or without "mail_" before it; a mailbox
// whose own name begins so is written mail_mail_name@example.com.
func (s *Sender) CheckChannel(channel string) error {
	_, err := s.address(channel)
	return err
}

func (s *Sender) address(channel string) (string, error) {
	if s.to != "" {
		return s.to, nil
	}
	return recipient(channel)
}

func recipient(channel string) (string, error) {
	address := strings.TrimPrefix(channel, "mail_")
	if !addressShape.MatchString(address) || len(address) > 254 || strings.IndexByte(address, '@') > 64 {
		return "", fmt.Errorf("%q is no mail address", channel)
	}
	return address, nil
}

// Send hands one mail over. Its receipt is the Message-ID, the same at every
// attempt: what a server has taken twice can be told from it.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := s.address(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	m := d.Message.Clean()
	if cmp.Or(m.Title, m.Text()) == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	letter := s.write(ctx, d, to)
	talk, err := s.open(ctx)
	if err != nil {
		return chat.Receipt{}, err
	}
	defer talk.close()
	if err := talk.deliver(ctx, s.from.Address, to, letter); err != nil {
		return chat.Receipt{}, err
	}
	return chat.Receipt{MessageID: s.messageID(d)}, nil
}

// Probe greets the server, proves who we are, and says goodbye.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	talk, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	defer talk.close()
	if s.server.User == "" {
		return s.from.Address + " at " + s.server.Address, nil
	}
	return s.server.User + " at " + s.server.Address, nil
}
