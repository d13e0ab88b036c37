package irc

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// maxAliases is how many "_" a nick gets behind it where it is taken.
const maxAliases = 4

// unwanted are the words of servers that give no number with them.
var unwanted = regexp.MustCompile(`(?i)password|banned|[kgz]-?lined?`)

// connect opens a connection and registers.
func (s *Sender) connect(ctx context.Context) (*line, error) {
	conn, err := s.server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	l := newLine(conn, s.config.Nick, s.hidden)
	if err := s.register(ctx, l); err != nil {
		l.Drop()
		return nil, err
	}
	return l, nil
}

// register says who we are until the server welcomes us (001).
func (s *Sender) register(ctx context.Context, l *line) error {
	var hello []string
	if s.config.SASLUser != "" {
		hello = append(hello, "CAP REQ :sasl")
	}
	if !s.config.Password.Empty() {
		hello = append(hello, "PASS :"+s.config.Password.Reveal())
	}
	hello = append(hello, "NICK "+s.config.Nick, "USER "+s.config.Username+" 0 * :"+s.config.RealName)
	if _, err := l.write(hello...); err != nil {
		return chat.Broke(ctx, "not sent", err)
	}
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	for {
		m, err := l.next(ctx)
		if err != nil {
			return chat.Broke(ctx, "not sent (registering)", err)
		}
		if m.code() == 1 {
			l.renamed(message{from: l.name(), params: m.params}) // it says what it calls us
			return nil
		}
		if err := s.answer(l, m); err != nil {
			return err
		}
	}
}

// answer goes on with registering, or gives the server's refusal.
func (s *Sender) answer(l *line, m message) error {
	switch {
	case m.command == "ERROR" && unwanted.MatchString(m.last()):
		return retry.Never(fmt.Errorf("the server hung up: %s", l.words(m)), retry.Broken(), retry.Scope(retry.Account))
	case m.command == "ERROR":
		return retry.With(fmt.Errorf("not sent: the server hung up: %s", l.words(m)), retry.Scope(retry.Account))
	case m.code() == 433 || m.code() == 437: // taken, or not to be had for now
		return l.rename(m)
	case m.command == "CAP" && m.param(1) == "ACK":
		return l.proceed("AUTHENTICATE PLAIN")
	case m.command == "AUTHENTICATE":
		return l.authenticate(credentials(s.config))
	case m.code() == 903:
		return l.proceed("CAP END")
	case m.command == "CAP" && m.param(1) == "NAK", m.code() == 421 && m.param(1) == "CAP":
		return retry.Never(errors.New("the server knows no SASL"), retry.Broken(), retry.Scope(retry.Account))
	case m.refuses():
		return l.refusal(m)
	}
	return nil
}

// proceed sends the next step.
func (l *line) proceed(step string) error {
	if _, err := l.write(step); err != nil {
		return fmt.Errorf("not sent: %w", err)
	}
	return nil
}

// rename tries the next nick.
func (l *line) rename(m message) error {
	l.mu.Lock()
	taken := strings.Count(l.nick, "_") - strings.Count(strings.TrimRight(l.nick, "_"), "_")
	l.nick += "_"
	nick := l.nick
	l.mu.Unlock()
	if taken >= maxAliases {
		return retry.With(fmt.Errorf("not sent: no nick is free: %s", l.words(m)), retry.Scope(retry.Account))
	}
	return l.proceed("NICK " + nick)
}

// credentials are those of SASL PLAIN (RFC 4616), or "".
func credentials(c Config) string {
	if c.SASLUser == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte("\x00" + c.SASLUser + "\x00" + c.SASLPassword.Reveal()))
}

// authenticate sends them in pieces of 400; a whole last one is followed by a
// "+" (https://ircv3.net/specs/extensions/sasl-3.1).
func (l *line) authenticate(secret string) error {
	const piece = 400
	var lines []string
	for len(secret) >= piece {
		lines = append(lines, "AUTHENTICATE "+secret[:piece])
		secret = secret[piece:]
	}
	if secret == "" {
		secret = "+"
	}
	_, err := l.write(append(lines, "AUTHENTICATE "+secret)...)
	if err != nil {
		return fmt.Errorf("not sent: %w", err)
	}
	return nil
}
