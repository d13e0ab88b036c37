// Package irc tells IRC channels and people, over one connection for each
// account (RFC 2812, and SASL of IRCv3). It reads nothing of what others say,
// and no text of a message can become a command.
package irc

import (
	"cmp"
	"context"
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

// Definition registers this chat as "irc".
func Definition() chat.Definition { return chat.Define("irc", New) }

// Config names the server and who we are there.
type Config struct {
	URL      secret.Text `yaml:"url"` // ircs://host:6697; irc://host:6667 for this machine, or with plaintext
	Nick     string      `yaml:"nick"`
	Username string      `yaml:"username"` // empty: the nick
	RealName string      `yaml:"realname"` // empty: Postern
	// Password is the server's own (PASS).
	Password secret.Text `yaml:"password"`
	// SASLUser and SASLPassword log in to an account of the server's services.
	SASLUser     string      `yaml:"sasl_user"`
	SASLPassword secret.Text `yaml:"sasl_password"`
	// Keys open channels that want one: {"#ops": "${OPS_KEY}"}.
	Keys map[string]secret.Text `yaml:"keys"`
	// CA holds the certificates, in PEM, that are trusted in the place of the
	// system's: ca: file:/etc/postern/irc.pem.
	CA secret.Text `yaml:"ca"`
	// Plaintext gives up TLS for a server that is not this machine.
	Plaintext bool `yaml:"plaintext"`
}

// Sender speaks for one nick. It connects when there is something to say, and
// stays.
type Sender struct {
	server chat.Server
	config Config
	hidden []secret.Text
	kept   *chat.Kept[*line]
}

var (
	_ chat.Sender         = (*Sender)(nil)
	_ chat.ChannelChecker = (*Sender)(nil)
	_ chat.Splitter       = (*Sender)(nil)
	_ chat.Prober         = (*Sender)(nil)
	_ io.Closer           = (*Sender)(nil)
)

var (
	nickShape    = regexp.MustCompile("^[A-Za-z\\[\\]\\\\`_^{|}][A-Za-z0-9\\[\\]\\\\`_^{|}-]{0,63}$")
	userShape    = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,32}$`)
	channelShape = regexp.MustCompile(`^[#&+!][^\x00-\x20,:\x7f]{1,100}$`)
)

// New checks the settings. It connects to nobody.
func New(c Config, _ chat.Tools) (*Sender, error) {
	server, err := chat.ParseServer(c.URL, c.CA, c.Plaintext, map[string]chat.Scheme{
		"irc": {Port: "6667"}, "ircs": {Port: "6697", Encrypted: true},
	})
	c.Username, c.RealName = cmp.Or(c.Username, c.Nick), cmp.Or(c.RealName, "Postern")
	switch {
	case err != nil:
		return nil, fmt.Errorf("url %w (ircs://host:6697)", err)
	case server.User != "" || !server.Password.Empty():
		return nil, errors.New("url holds a user or a password: write nick and password, or sasl_user and sasl_password")
	case !server.Encrypted && !server.Plain:
		return nil, errors.New("url is not encrypted: write ircs://, or plaintext: true")
	case !nickShape.MatchString(c.Nick):
		return nil, errors.New("nick is missing, or is none that IRC has")
	case !userShape.MatchString(c.Username):
		return nil, errors.New("username is none that IRC has")
	case (c.SASLUser == "") != c.SASLPassword.Empty():
		return nil, errors.New("sasl_user and sasl_password are written together")
	case injects(c.RealName, c.Password.Reveal()):
		return nil, errors.New("realname or password holds a line's end")
	}
	hidden := []secret.Text{c.Password, c.SASLPassword, secret.New(credentials(c))}
	for channel, key := range c.Keys {
		if !channelShape.MatchString(channel) || key.Empty() || strings.ContainsAny(key.Reveal(), " ,\r\n\x00") {
			return nil, fmt.Errorf("keys: %q is no channel, or its key is empty or holds a blank", channel)
		}
		hidden = append(hidden, key)
	}
	s := &Sender{server: server, config: c, hidden: secret.NonEmpty(hidden)}
	s.kept = chat.Keep(s.connect)
	return s, nil
}

func injects(texts ...string) bool {
	return strings.ContainsAny(strings.Join(texts, ""), "\r\n\x00")
}

// Capabilities says that a line every two seconds, and four at once, offends no
// server: https://www.rfc-editor.org/rfc/rfc2813#section-5.8. Every line is a
// part, so that the limit counts lines.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Markup: chat.Markdown, Channels: true,
		Limits: chat.Limits{Account: []chat.Rate{{Count: 4, Per: 8 * time.Second}}},
	}
}

// CheckChannel takes a channel ("#ops") or a nick, with or without "channel_"
// or "private_" before it.
func (*Sender) CheckChannel(channel string) error {
	_, err := target(channel)
	return err
}

func target(channel string) (string, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(channel, "private_"), "channel_")
	if nickShape.MatchString(name) && !strings.HasPrefix(channel, "channel_") {
		return name, nil
	}
	if channelShape.MatchString(name) && !strings.HasPrefix(channel, "private_") {
		return name, nil
	}
	return "", fmt.Errorf("%q is no channel and no nick of IRC", channel)
}

// Parts says in how many lines d is said.
func (s *Sender) Parts(d chat.Delivery) int {
	to, err := target(d.Channel)
	if err != nil {
		return 1
	}
	return max(len(write(d.Message, d.Plain, s.room(to))), 1)
}

// room is how many bytes of text a line to a target has, so that it also fits
// when the server passes it on with our name before it, whose host has 63 at
// most: a line has 512 with its end (RFC 2812 2.3).
func (s *Sender) room(to string) int {
	prefix := len(":") + len(s.config.Nick) + maxAliases + len("!~") + len(s.config.Username) + len("@") + 63
	return min(maxText, 510-prefix-len(" PRIVMSG ")-len(to)-len(" :"))
}

// Send says one line of d. The server's answer to a question behind it is the
// proof that it has been read.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	to, err := target(d.Channel)
	if err != nil {
		return chat.Receipt{}, retry.Never(err, retry.Broken())
	}
	lines := write(d.Message, d.Plain, s.room(to))
	if len(lines) == 0 {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	return chat.Receipt{}, s.kept.Speak(ctx, func(ctx context.Context, l *line) error {
		if err := l.enter(ctx, to, s.config.Keys[to]); err != nil {
			return err
		}
		return l.say(ctx, to, lines[min(max(d.Part, 0), len(lines)-1)])
	})
}

// Probe connects, if need be, and asks whether the server still hears us.
func (s *Sender) Probe(ctx context.Context) (string, error) {
	var nick string
	err := s.kept.Speak(ctx, func(ctx context.Context, l *line) error {
		nick = l.name()
		return l.ask(ctx, "", func(message) error { return nil })
	})
	if err != nil {
		return "", err
	}
	return nick + " at " + s.server.Address, nil
}

// Close takes leave. A Send that comes later fails.
func (s *Sender) Close() error { return s.kept.Close() }
