package email_test

import (
	"bufio"
	"bytes"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat/chattest"
)

// server is an SMTP server that takes every mail, save where says tells it
// otherwise.
type server struct {
	base string
	// says is the answer to a command, by its verb ("MAIL", "."; "" is the
	// greeting); what is not in it is taken. "-" hangs up in the answer's place.
	says map[string]string

	mu    sync.Mutex
	mails []chattest.Call
	heard []string
}

func serve(t *testing.T, says map[string]string) *server {
	t.Helper()
	s := &server{says: says}
	s.base = chattest.Listen(t, func(conn net.Conn) { s.talk(textproto.NewReader(bufio.NewReader(conn)), conn) })
	return s
}

// sent gives the mails as a golden file holds them: no \r, the envelope first.
func (s *server) sent() []chattest.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]chattest.Call(nil), s.mails...)
}

func (s *server) talk(r *textproto.Reader, conn net.Conn) {
	var envelope []string
	answer := func(verb, standard string) bool {
		if says, ok := s.says[verb]; ok {
			standard = says
		}
		if standard == "-" {
			return false
		}
		_, err := conn.Write([]byte(strings.ReplaceAll(standard, "\n", "\r\n") + "\r\n"))
		return err == nil
	}
	if !answer("", "220 fake") {
		return
	}
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		s.mu.Lock()
		s.heard = append(s.heard, line)
		s.mu.Unlock()
		standard := "250 2.0.0 yes"
		switch verb {
		case "EHLO":
			standard = "250-fake\n250-8BITMIME\n250-ENHANCEDSTATUSCODES\n250 AUTH PLAIN LOGIN"
		case "AUTH":
			standard = "235 2.7.0 welcome"
		case "MAIL", "RCPT":
			envelope = append(envelope, line)
		case "DATA":
			standard = "354 go on"
		case "QUIT":
			standard = "221 bye"
		}
		if !answer(verb, standard) {
			return
		}
		if verb == "DATA" && s.says[verb] == "" {
			mail, err := r.ReadDotBytes()
			if err != nil || !s.take(envelope, mail, answer) {
				return
			}
		}
	}
}

func (s *server) take(envelope []string, mail []byte, answer func(verb, standard string) bool) bool {
	if s.says["."] == "" {
		body := append([]byte(strings.Join(envelope, "\n")+"\n\n"), bytes.ReplaceAll(mail, []byte("\r"), nil)...)
		s.mu.Lock()
		s.mails = append(s.mails, chattest.Call{Body: body})
		s.mu.Unlock()
	}
	return answer(".", "250 2.0.0 taken")
}
