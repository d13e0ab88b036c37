package irc_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat/chattest"
)

// server is an IRC server that lets everybody in and takes every message, save
// where says tells it otherwise.
type server struct {
	base string
	// says are the answers to a command, in the place of the usual ones; "-"
	// hangs up. {nick} is the caller's.
	says map[string]string

	mu    sync.Mutex
	lines []string // all that was heard
	taken []chattest.Call
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

func (s *server) heard(prefix string) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (s *server) talk(conn net.Conn) {
	nick := "*"
	r := bufio.NewScanner(conn)
	for r.Scan() {
		line := r.Text()
		verb, rest, _ := strings.Cut(line, " ")
		s.mu.Lock()
		s.lines = append(s.lines, line)
		if verb == "PRIVMSG" {
			s.taken = append(s.taken, chattest.Call{Body: []byte(line + "\n"), Text: line[strings.Index(line, " :")+2:]})
		}
		s.mu.Unlock()
		answer := map[string]string{
			"USER": ":s 001 {nick} :Welcome\n:s 422 {nick} :MOTD File is missing", "PING": ":s PONG s " + rest,
			"JOIN": ":{nick}!u@h JOIN :" + rest + "\n:s 353 {nick} = " + rest + " :{nick}\n:s 366 {nick} " + rest + " :End of NAMES list",
		}[verb]
		if verb == "NICK" {
			nick = rest
		}
		if says, ok := s.says[line]; ok {
			answer = says
		} else if says, ok := s.says[verb]; ok {
			answer = says
		}
		if answer == "-" || verb == "QUIT" {
			return
		}
		if answer != "" {
			answer = strings.ReplaceAll(strings.ReplaceAll(answer, "{nick}", nick), "\n", "\r\n") + "\r\n"
			if _, err := conn.Write([]byte(answer)); err != nil {
				return
			}
		}
	}
}
