package servertest

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// IRCPassword is the server password of an IRC.
const IRCPassword = "irc-Password-1"

// IRC is an ngircd.
type IRC struct {
	*Program
	Address   string // in clear
	Encrypted string // with TLS
}

// StartIRC starts an ngircd that wants IRCPassword. What it knows of channels
// ends with it.
func StartIRC(tb testing.TB, cert Certificate) *IRC {
	tb.Helper()
	path := Find(tb, "ngircd")
	dir, free := tb.TempDir(), ports(tb, 2)
	config := filepath.Join(dir, "ngircd.conf")
	write(tb, config, fmt.Sprintf(`[Global]
Name = irc.example.com
Info = test
Listen = 127.0.0.1
Ports = %s
Password = %s
PidFile =
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 12
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = %s
KeyFile = %s
Ports = %s
`, free[0], IRCPassword, cert.CertFile, cert.KeyFile, free[1]))
	return &IRC{
		Program: start(tb, free, path, "--nodaemon", "--config", config),
		Address: "127.0.0.1:" + free[0], Encrypted: "127.0.0.1:" + free[1],
	}
}

// Listener is somebody who sits in a channel and writes down what is said.
type Listener struct {
	tb   testing.TB
	conn net.Conn

	mu    sync.Mutex
	lines []string
}

// Listen joins a channel, or with an empty one only waits for what is said to
// the nick.
func (s *IRC) Listen(nick, channel string) *Listener {
	s.tb.Helper()
	conn, err := net.Dial("tcp", s.Address)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = conn.Close() })
	l := &Listener{tb: s.tb, conn: conn}
	go l.read()
	l.Say("PASS " + IRCPassword + "\r\nNICK " + nick + "\r\nUSER " + nick + " 0 * :" + nick)
	l.Await(" 001 ")
	if channel != "" {
		l.Say("JOIN " + channel)
		l.Await(" 366 ")
	}
	return l
}

func (l *Listener) read() {
	r := bufio.NewScanner(l.conn)
	for r.Scan() {
		if token, ok := strings.CutPrefix(r.Text(), "PING "); ok {
			_, _ = fmt.Fprintf(l.conn, "PONG %s\r\n", token)
		}
		l.mu.Lock()
		l.lines = append(l.lines, r.Text())
		l.mu.Unlock()
	}
}

// Say sends a command of the listener's own.
func (l *Listener) Say(command string) {
	l.tb.Helper()
	if _, err := fmt.Fprintf(l.conn, "%s\r\n", command); err != nil {
		l.tb.Fatal(err)
	}
}

// Heard gives the lines that hold a text.
func (l *Listener) Heard(text string) (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Await waits until a line holds a text.
func (l *Listener) Await(text string) {
	l.tb.Helper()
	Await(l.tb, fmt.Sprintf("%q on IRC", text), func() bool { return len(l.Heard(text)) > 0 })
}
