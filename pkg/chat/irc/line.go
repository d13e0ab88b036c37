package irc

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	maxAnswer = 30 * time.Second // the longest wait for one
	farewell  = 2 * time.Second
	maxRead   = 8 << 10 // bytes of a line, with tags; RFC 2812 has 512
	backlog   = 64      // answers that nobody has read yet
)

// line is one connection. A goroutine reads it, so that the server's own
// questions are answered while nobody speaks.
type line struct {
	conn   net.Conn
	hidden []secret.Text
	heard  chan message  // what concerns us, while there is room
	ended  chan struct{} // closed once nothing more is read
	asked  int           // questions so far; who speaks has the turn

	mu     sync.Mutex
	nick   string
	joined map[string]bool // by lower-case name
}

func newLine(conn net.Conn, nick string, hidden []secret.Text) *line {
	l := &line{
		conn: conn, hidden: hidden, heard: make(chan message, backlog), ended: make(chan struct{}), nick: nick, joined: map[string]bool{},
	}
	go l.read()
	return l
}

// message is one line of the server's.
type message struct {
	from, command string
	params        []string
}

// parse reads a line: [@tags] [:prefix] COMMAND params [:the last one].
func parse(text string) message {
	var m message
	if strings.HasPrefix(text, "@") {
		_, text, _ = strings.Cut(text, " ")
	}
	text = strings.TrimLeft(text, " ")
	if strings.HasPrefix(text, ":") {
		m.from, text, _ = strings.Cut(text[1:], " ")
	}
	text, last, trailing := strings.Cut(text, " :")
	words := strings.Fields(text)
	if trailing {
		words = append(words, last)
	}
	if len(words) > 0 {
		m.command, m.params = strings.ToUpper(words[0]), words[1:]
	}
	return m
}

// param gives the nth parameter, or "".
func (m message) param(n int) string {
	if n < 0 || n >= len(m.params) {
		return ""
	}
	return m.params[n]
}

// last is what a message says in words.
func (m message) last() string { return m.param(len(m.params) - 1) }

// code is a numeric reply, else 0.
func (m message) code() int {
	if len(m.command) != 3 {
		return 0
	}
	n, err := strconv.Atoi(m.command)
	if err != nil {
		return 0
	}
	return n
}

// concerns reports whether an error reply is about a target, or about all of us.
func (m message) concerns(to string) bool {
	switch m.code() {
	case 411, 412, 417, 421, 451, 464, 465: // these name none
		return true
	}
	return slices.ContainsFunc(m.params, func(p string) bool { return strings.EqualFold(p, to) || strings.EqualFold(p, "PRIVMSG") })
}

// refuses reports whether it is an error reply. A message of the day that is
// missing (422) is none, nor is a login that worked; "try again" (263) is one.
func (m message) refuses() bool {
	switch n := m.code(); n {
	case 263:
		return true
	case 422, 900, 901, 903:
		return false
	default:
		return n >= 400
	}
}

func (l *line) read() {
	defer close(l.ended)
	r := bufio.NewReaderSize(l.conn, maxRead)
	for {
		text, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			_ = l.conn.Close()
			return
		}
		l.hear(parse(strings.TrimRight(string(text), "\r\n")))
	}
}

// hear answers the server's questions, remembers where we are, and passes on
// what is an answer to us.
func (l *line) hear(m message) {
	switch m.command {
	case "PING":
		_, _ = l.write("PONG :" + m.last())
		return
	case "KICK":
		if strings.EqualFold(m.param(1), l.name()) {
			l.forget(m.param(0))
		}
		return
	case "NICK":
		l.renamed(m)
		return
	case "PONG", "ERROR", "CAP", "AUTHENTICATE":
	default:
		if n := m.code(); !m.refuses() && n != 1 && n != 366 && n != 903 { // the welcome, the end of a JOIN, a login
			return
		}
	}
	select {
	case l.heard <- m:
	default: // nobody waits
	}
}

func (l *line) renamed(m message) {
	who, _, _ := strings.Cut(m.from, "!")
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.EqualFold(who, l.nick) && m.param(0) != "" {
		l.nick = m.param(0)
	}
}

func (l *line) name() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nick
}

func (l *line) forget(channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.joined, strings.ToLower(channel))
}

// write sends lines at once. None can hold a line's end: then it is not sent.
func (l *line) write(lines ...string) (int, error) {
	if injects(lines...) {
		return 0, errors.New("a line holds a line's end")
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(maxAnswer))
	return io.WriteString(l.conn, strings.Join(lines, "\r\n")+"\r\n")
}

// Broken reports that the connection is no more.
func (l *line) Broken() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// Drop gives the connection up, and returns once nobody reads it.
func (l *line) Drop() {
	_ = l.conn.Close()
	<-l.ended
}

// Leave says QUIT and waits a little for the server to hang up.
func (l *line) Leave() {
	if _, err := l.write("QUIT :bye"); err == nil {
		select {
		case <-l.ended:
		case <-time.After(farewell):
		}
	}
	l.Drop()
}

// next waits for the server's next word that concerns us.
func (l *line) next(ctx context.Context) (message, error) {
	select {
	case m := <-l.heard:
		return m, nil
	default:
	}
	select {
	case m := <-l.heard:
		return m, nil
	case <-l.ended:
		return message{}, io.ErrUnexpectedEOF
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

// quiet throws away what was said to nobody's question.
func (l *line) quiet() {
	for len(l.heard) > 0 {
		<-l.heard
	}
}

// enter joins a channel, once for each connection. A nick needs no entering.
func (l *line) enter(ctx context.Context, to string, key secret.Text) error {
	name := strings.ToLower(to)
	l.mu.Lock()
	in := l.joined[name]
	l.mu.Unlock()
	if in || !channelShape.MatchString(to) {
		return nil
	}
	l.quiet()
	if _, err := l.write(strings.TrimSpace("JOIN " + to + " " + key.Reveal())); err != nil {
		return chat.Broke(ctx, "not sent", err)
	}
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	for {
		m, err := l.next(ctx)
		switch {
		case err != nil:
			return chat.Broke(ctx, "not sent (joining "+to+")", err)
		case m.command == "ERROR":
			return fmt.Errorf("not sent: the server hung up: %s", l.words(m))
		case m.code() == 366 && strings.EqualFold(m.param(1), to):
			l.mu.Lock()
			l.joined[name] = true
			l.mu.Unlock()
			return nil
		case m.refuses() && m.concerns(to):
			return l.refusal(m)
		}
	}
}

// say sends one line of text and waits until the server has read it.
func (l *line) say(ctx context.Context, to, text string) error {
	return l.ask(ctx, "PRIVMSG "+to+" :"+text, func(m message) error {
		if !m.refuses() || !m.concerns(to) {
			return nil
		}
		if m.code() == 404 || m.code() == 442 {
			l.forget(to)
		}
		return l.refusal(m)
	})
}

// ask sends a command, if there is one, and a PING behind it: answers come in
// order, so once the PONG is there the command has been read, and what was
// heard before may be a refusal of it.
func (l *line) ask(ctx context.Context, command string, heard func(message) error) error {
	l.quiet()
	l.asked++
	token := "postern-" + strconv.Itoa(l.asked)
	lines := []string{"PING :" + token}
	if command != "" {
		lines = []string{command, lines[0]}
	}
	if n, err := l.write(lines...); err != nil {
		return l.lost(ctx, n > 0 && command != "", err)
	}
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	var refused error
	for {
		m, err := l.next(ctx)
		switch {
		case err != nil:
			return cmp.Or(refused, l.lost(ctx, command != "", err))
		case m.command == "ERROR":
			return cmp.Or(refused, l.lost(ctx, command != "", fmt.Errorf("the server hung up: %s", l.words(m))))
		case m.command == "PONG" && m.last() == token:
			return refused
		default:
			refused = cmp.Or(refused, heard(m))
		}
	}
}

// lost is the error of a question that got no answer; left: what it followed
// may have been read.
func (l *line) lost(ctx context.Context, left bool, err error) error {
	if left {
		return retry.Unknown(chat.Broke(ctx, "sent, but no answer came", err))
	}
	return chat.Broke(ctx, "not sent", err)
}
