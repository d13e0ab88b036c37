package email_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/email"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const password = "pass-Word/0"

func config(base string) email.Config {
	return email.Config{SMTPURL: secret.New("smtp://postern:pass-Word%2F0@" + base), From: "Postern <postern@example.com>"}
}

func newSender(t *testing.T, c email.Config) *email.Sender {
	t.Helper()
	s, err := email.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) { return email.New(config(base), tools) },
		Wire: func(t *testing.T) chattest.Wire {
			s := serve(t, nil)
			return chattest.Wire{Base: s.base, Sent: s.sent}
		},
		Channel: "mail_ops@example.com",
		BadChannels: []string{
			"ops", "@example.com", "ops@", "ops@a@b", "<ops@example.com>", "ops@example.com>", `"a"@example.com`, "ops@example.com,b@c",
			"ops@exämple.com", "ops@.com", "ops@-.com", "a..b@c", strings.Repeat("a", 65) + "@b.c", "mail_", "ops@example.com\r\nRCPT",
		},
		Secrets:  []string{password, "AHBvc3Rlcm4AcGFzcy1Xb3JkLzA="},
		Receipt:  chat.Receipt{MessageID: "<0199d0c0-0000-7000-8000-000000000001-0-team@example.com>"},
		Mentions: []string{"@alice", "bob@example.com"}, Inert: inert, Update: *update,
		Text: func(c chattest.Call) string { return parse(c.Body).text["text/plain"] }, Limit: 72 << 10, Unit: chat.Bytes,
	})
}

// letter is a mail, taken apart.
type letter struct {
	mail.Header
	text  map[string]string // by media type
	files map[string]string // by name
}

func parse(body []byte) letter {
	_, body, _ = bytes.Cut(body, []byte("\n\n")) // the envelope
	m, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		return letter{}
	}
	l := letter{Header: m.Header, text: map[string]string{}, files: map[string]string{}}
	l.read(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	return l
}

func (l letter) read(contentType, encoding, name string, r io.Reader) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if encoding == "quoted-printable" {
			r = quotedprintable.NewReader(r)
		}
		text, _ := io.ReadAll(r)
		if name != "" {
			l.files[name] = string(text)
			return
		}
		l.text[kind] = string(text)
		return
	}
	parts := multipart.NewReader(r, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return
		}
		l.read(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p)
	}
}

var remote = regexp.MustCompile(`(?i)<(?:img|script|link|iframe|style)|url\(|\son[a-z]+=|href="(?:javascript|data|file)`)

// inert: nothing is loaded or run, and no header came with a text.
func inert(c chattest.Call) error {
	l := parse(c.Body)
	if found := remote.FindString(l.text["text/html"]); found != "" {
		return fmt.Errorf("the page holds %q", found)
	}
	for name := range l.Header {
		switch name {
		case "Date", "From", "To", "Message-Id", "Subject", "Auto-Submitted", "X-Auto-Response-Suppress",
			"Mime-Version", "Content-Type", "Content-Transfer-Encoding":
		default:
			return fmt.Errorf("a header %s", name)
		}
	}
	return nil
}

func delivery(m chat.Message) chat.Delivery {
	return chat.Delivery{ID: "0199-0-ops", Channel: "ops@example.com", Message: m, AcceptedAt: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	never := retry.Advice{Kind: retry.Hopeless}
	degrade := retry.Advice{Kind: retry.Hopeless, Degrade: true}
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	again, busy, lost := retry.Advice{}, retry.Advice{Reach: retry.Account}, retry.Advice{Kind: retry.Lost}
	for name, c := range map[string]struct {
		verb, says string
		want       retry.Advice
	}{
		"going down":                    {"", "421 4.3.2 bye " + password, busy},
		"no service":                    {"", "554 no", account},
		"hangs up at login":             {"AUTH", "-", again},
		"wrong password":                {"AUTH", "535 5.7.8 no AHBvc3Rlcm4AcGFzcy1Xb3JkLzA= " + password, account},
		"mechanism too weak":            {"AUTH", "534 5.7.9 no", account},
		"login out of order":            {"AUTH", "454 4.7.0 later", busy},
		"login needed":                  {"MAIL", "530 5.7.0 authenticate", account},
		"sender not allowed":            {"MAIL", "550 5.7.1 not you", account},
		"sender, later":                 {"MAIL", "451 4.3.0 later", busy},
		"greylisted":                    {"RCPT", "450 4.2.0 greylisted", again},
		"too many recipients":           {"RCPT", "452 4.5.3 later", again},
		"no such user":                  {"RCPT", "550 5.1.1 no such user", gone},
		"no such user, in short":        {"RCPT", "550 no such user", gone},
		"no such domain":                {"RCPT", "550 5.1.2 no", gone},
		"mailbox disabled":              {"RCPT", "550 5.2.1 disabled", gone},
		"relaying denied":               {"RCPT", "554 5.7.1 relay access denied", gone},
		"mailbox full":                  {"RCPT", "552 5.2.2 full", again},
		"mailbox full, several lines":   {"RCPT", "552-full\n552 of it", again},
		"too large for the recipient":   {"RCPT", "552 5.3.4 too big", degrade},
		"hangs up at the recipient":     {"RCPT", "-", again},
		"no data":                       {"DATA", "451 no", busy},
		"no valid recipients":           {"DATA", "554 5.5.1 no", never},
		"too large":                     {".", "552 5.3.4 too big", degrade},
		"too large, in short":           {".", "552 too big", degrade},
		"policy":                        {".", "554 5.7.1 spam", gone},
		"refused":                       {".", "554 5.6.0 no", never},
		"after the dot, later":          {".", "451 4.3.0 later", again},
		"after the dot, too many":       {".", "421 4.7.0 later", again},
		"hangs up after the dot":        {".", "-", lost},
		"no reply but a page":           {".", "HTTP/1.1 200 OK", lost},
		"login not offered":             {"EHLO", "250 fake", account},
		"login by unknown ways only":    {"EHLO", "250-fake\n250 AUTH GSSAPI", account},
		"the mail exceeds what is told": {"EHLO", "250-fake\n250-SIZE 300\n250 AUTH PLAIN", degrade},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string]string{c.verb: c.says})
			_, err := newSender(t, config(s.base)).Send(t.Context(), delivery(chat.Message{Title: "hello"}))
			if err == nil {
				t.Fatal("no error")
			}
			if got := retry.AdviceOn(err); got != c.want {
				t.Errorf("advice %+v, want %+v: %v", got, c.want, err)
			}
			if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "AHBv") {
				t.Errorf("the error shows the password: %v", err)
			}
			if len(s.sent()) != 0 {
				t.Error("the mail was taken")
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := config("mail.example.com")
	for name, change := range map[string]func(*email.Config){
		"no server":           func(c *email.Config) { c.SMTPURL = secret.Text{} },
		"another scheme":      func(c *email.Config) { c.SMTPURL = secret.New("imap://postern:pass-Word%2F0@mail.example.com") },
		"a path":              func(c *email.Config) { c.SMTPURL = secret.New("smtp://postern:pass-Word%2F0@mail.example.com/x") },
		"a user alone":        func(c *email.Config) { c.SMTPURL = secret.New("smtp://pass-Word@mail.example.com") },
		"no from":             func(c *email.Config) { c.From = "" },
		"a from that is none": func(c *email.Config) { c.From = "Postern" },
		"two of them":         func(c *email.Config) { c.From = "a@example.com, b@example.com" },
		"a to that is none":   func(c *email.Config) { c.To = "ops" },
		"a to with more":      func(c *email.Config) { c.To = "a@example.com>\r\nRCPT TO:<b@example.com" },
		"a helo of two words": func(c *email.Config) { c.Helo = "a b" },
		"a ca that is no PEM": func(c *email.Config) { c.CA = secret.New("pass-Word") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			change(&c)
			_, err := email.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "pass-Word") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
	if _, err := email.New(good, chat.Tools{}); err != nil {
		t.Error(err)
	}
}

func TestChannels(t *testing.T) {
	t.Parallel()
	for channel, want := range map[string]string{
		"mail_ops@example.com": "ops@example.com", "ops@example.com": "ops@example.com", "mail_mail_ops@example.com": "mail_ops@example.com",
		"first.last+tag@sub.example.com": "first.last+tag@sub.example.com", "ops@[192.0.2.1]": "ops@[192.0.2.1]", "Ops@Example.COM": "Ops@Example.COM",
	} {
		s := serve(t, nil)
		d := delivery(chat.Message{Title: "hello"})
		d.Channel = channel
		if _, err := newSender(t, config(s.base)).Send(t.Context(), d); err != nil {
			t.Errorf("%s: %v", channel, err)
			continue
		}
		if got := string(s.sent()[0].Body); !strings.Contains(got, "\nRCPT TO:<"+want+">\n") {
			t.Errorf("%s: %.200q", channel, got)
		}
	}
}

func TestAnEmptyLoginAsksForNone(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"AUTH": "535 no"})
	c := config(s.base)
	c.SMTPURL = secret.New("smtp://" + s.base)
	if _, err := newSender(t, c).Send(t.Context(), delivery(chat.Message{Body: chat.Plain("first\nsecond")})); err != nil {
		t.Fatal(err)
	}
	if got := parse(s.sent()[0].Body).Get("Subject"); got != "first" {
		t.Errorf("subject %q, want the first line", got)
	}
	if got := s.heard[0]; got != "EHLO [127.0.0.1]" {
		t.Errorf("greeted with %q", got)
	}
}
