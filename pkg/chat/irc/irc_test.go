package irc_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/irc"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const password = "server-pass-1"

func config(base string) irc.Config {
	return irc.Config{URL: secret.New("irc://" + base), Nick: "postern", Password: secret.New(password)}
}

func newSender(t *testing.T, c irc.Config) *irc.Sender {
	t.Helper()
	s, err := irc.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) { return irc.New(config(base), tools) },
		Wire: func(t *testing.T) chattest.Wire {
			s := serve(t, nil)
			return chattest.Wire{Base: s.base, Sent: s.sent}
		},
		Channel:     "channel_#ops",
		BadChannels: []string{"", "channel_ops", "private_#ops", "#", "#a,b", "#a b", "#a\r\nQUIT", "#a:b", "1nick", "a,b", "nick!u@h", "private_"},
		Secrets:     []string{password}, Mentions: []string{"alice", "no nick"}, Inert: inert, Update: *update,
		Text: func(c chattest.Call) string { return string(c.Body) }, Limit: 512, Unit: chat.Bytes,
	})
}

// inert: a line is one message to one channel, and holds no control but bold.
func inert(c chattest.Call) error {
	text, ok := strings.CutPrefix(strings.TrimSuffix(string(c.Body), "\n"), "PRIVMSG #ops :")
	if !ok {
		return fmt.Errorf("another command: %q", c.Body)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != 2 || r == 0x7f }) {
		return errors.New("a control character came through")
	}
	if strings.TrimSpace(strings.ReplaceAll(text, "\x02", "")) == "" {
		return errors.New("an empty line")
	}
	return nil
}

func delivery(channel, text string) chat.Delivery {
	return chat.Delivery{ID: "1", Channel: channel, Message: chat.Message{Body: chat.Plain(text)}}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	again, busy, lost := retry.Advice{}, retry.Advice{Reach: retry.Account}, retry.Advice{Kind: retry.Lost}
	later := retry.Advice{Kind: retry.Later, After: 30 * time.Second}
	for name, c := range map[string]struct {
		verb, says string
		want       retry.Advice
	}{
		"no such nick":              {"PRIVMSG", ":s 401 {nick} #ops :No such nick or channel name", gone},
		"no such channel":           {"JOIN", ":s 403 {nick} #ops :No such channel", gone},
		"cannot send":               {"PRIVMSG", ":s 404 {nick} #ops :Cannot send to channel", gone},
		"banned from the channel":   {"JOIN", ":s 474 {nick} #ops :Cannot join channel (+b)", gone},
		"a wrong key":               {"JOIN", ":s 475 {nick} #ops :Cannot join channel (+k)", gone},
		"invited only":              {"JOIN", ":s 473 {nick} #ops :Cannot join channel (+i)", gone},
		"later":                     {"PRIVMSG", ":s 439 {nick} #ops :Target change too fast", later},
		"too busy":                  {"PRIVMSG", ":s 263 {nick} PRIVMSG :Please wait a while and try again", later},
		"wrong password":            {"USER", ":s 464 {nick} :Password " + password + " incorrect", account},
		"wrong password, no number": {"USER", "ERROR :Access denied: Bad server password " + password, account},
		"banned":                    {"USER", ":s 465 {nick} :You are banned from this server", account},
		"a nick that is none":       {"NICK", ":s 432 * postern :Erroneous nickname", account},
		"no nick is free":           {"NICK", ":s 433 * postern :Nickname is already in use", busy},
		"throttled":                 {"USER", "ERROR :Closing link: too fast", busy},
		"hangs up at the door":      {"USER", "-", again},
		"hangs up at the channel":   {"JOIN", "-", again},
		"hangs up at the message":   {"PRIVMSG", "-", lost},
		"flooded":                   {"PRIVMSG", "ERROR :Closing link: Excess Flood", lost},
		"hangs up before it says":   {"PING", "-", lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := map[string]string{c.verb: c.says}
			switch name {
			case "flooded":
				says["PING"] = "-"
			case "no nick is free":
				says["USER"] = ""
			}
			_, err := newSender(t, config(serve(t, says).base)).Send(t.Context(), delivery("#ops", "hello"))
			if err == nil {
				t.Fatal("no error")
			}
			if got := retry.AdviceOn(err); got != c.want {
				t.Errorf("advice %+v, want %+v: %v", got, c.want, err)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// One connection and one JOIN do for all; what others get wrong, or the server
// says unasked, changes nothing.
func TestAConnectionIsKept(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{
		"PRIVMSG #ops :two": ":s 404 {nick} #elsewhere :not ours\n:s 421 {nick}",
		"PRIVMSG #ops :one": ":x!u@h PRIVMSG #ops :PONG s :postern-1\nPING :are you there\n:s NOTICE {nick} :hello",
	})
	sender := newSender(t, config(s.base))
	for _, text := range []string{"one", "three"} {
		if _, err := sender.Send(t.Context(), delivery("#ops", text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sender.Send(t.Context(), delivery("private_alice", "four")); err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for verb, want := range map[string]int{"NICK": 1, "JOIN": 1, "PRIVMSG": 3, "PONG :are you there": 1} {
		if got := s.heard(verb); len(got) != want {
			t.Errorf("%s was said %d times, want %d: %q", verb, len(got), want, got)
		}
	}
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
	if got := s.heard("QUIT"); len(got) != 1 {
		t.Errorf("QUIT was said %d times, want once", len(got))
	}
	if _, err := sender.Send(t.Context(), delivery("#ops", "late")); err == nil {
		t.Error("a closed account was spoken for")
	}
}

func TestWhoIsKickedComesBack(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"PRIVMSG #ops :one": ":op!u@h KICK #OPS {nick} :out"})
	sender := newSender(t, config(s.base))
	for _, text := range []string{"one", "two"} {
		if _, err := sender.Send(t.Context(), delivery("#ops", text)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.heard("JOIN"); len(got) != 2 {
		t.Errorf("joined %d times, want 2", len(got))
	}
}

func TestATakenNickGetsATail(t *testing.T) {
	t.Parallel()
	taken := ":s 433 * postern :Nickname is already in use"
	s := serve(t, map[string]string{"NICK postern": taken, "NICK postern_": taken + "\n", "NICK postern__": ":s 001 {nick} :Welcome", "USER": ":s NOTICE * :wait"})
	sender := newSender(t, config(s.base))
	who, err := sender.Probe(t.Context())
	if err != nil || who != "postern__ at "+s.base {
		t.Errorf("Probe: %q, %v", who, err)
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	c := config("")
	c.SASLUser, c.SASLPassword = "bot", secret.New("sasl-pass-2")
	login := "AUTHENTICATE AGJvdABzYXNsLXBhc3MtMg=="
	says := map[string]string{
		"CAP REQ :sasl": ":s CAP * ACK :sasl", "AUTHENTICATE PLAIN": "AUTHENTICATE +", login: ":s 900 * * bot :in\n:s 903 * :SASL successful",
		"CAP END": ":s 001 {nick} :Welcome", "USER": ":s NOTICE * :wait",
	}
	good := serve(t, says)
	c.URL = secret.New("irc://" + good.base)
	if _, err := newSender(t, c).Send(t.Context(), delivery("#ops", "hello")); err != nil {
		t.Error(err)
	}
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	for name, change := range map[string][2]string{
		"a wrong password": {login, ":s 904 * :SASL authentication failed for AGJvdABzYXNsLXBhc3MtMg== sasl-pass-2"},
		"no SASL":          {"CAP REQ :sasl", ":s CAP * NAK :sasl"},
		"no CAP":           {"CAP REQ :sasl", ":s 421 * CAP :Unknown command"},
	} {
		bad := map[string]string{change[0]: change[1]}
		for k, v := range says {
			if k != change[0] {
				bad[k] = v
			}
		}
		c.URL = secret.New("irc://" + serve(t, bad).base)
		_, err := newSender(t, c).Send(t.Context(), delivery("#ops", "hello"))
		if got := retry.AdviceOn(err); got != account || strings.Contains(err.Error(), "sasl-pass-2") || strings.Contains(err.Error(), "AGJv") {
			t.Errorf("%s: advice %+v, want %+v: %v", name, got, account, err)
		}
	}
}

// Who waits for the turn leaves with its context, and takes nobody's answer.
func TestTheTurnIsWaitedForNoLongerThanTheContext(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"PRIVMSG #ops :slow": "", "PING :postern-2": ""})
	sender := newSender(t, config(s.base))
	if _, err := sender.Send(t.Context(), delivery("#ops", "first")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := make(chan error, 1)
	go func() {
		_, err := sender.Send(ctx, delivery("#ops", "slow"))
		slow <- err
	}()
	for len(s.heard("PING")) < 2 {
		select {
		case err := <-slow:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	_, err := sender.Send(short, delivery("#ops", "behind it"))
	if !errors.Is(err, context.DeadlineExceeded) || retry.AdviceOn(err) != (retry.Advice{}) {
		t.Errorf("behind a slow one: %v", err)
	}
	cancel()
	if err := <-slow; !errors.Is(err, context.Canceled) || retry.AdviceOn(err).Kind != retry.Lost {
		t.Errorf("the slow one: %v", err)
	}
	if _, err := sender.Send(t.Context(), delivery("#ops", "next")); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*irc.Config){
		"no server":            func(c *irc.Config) { c.URL = secret.Text{} },
		"in clear":             func(c *irc.Config) { c.URL = secret.New("irc://irc.example.com") },
		"another scheme":       func(c *irc.Config) { c.URL = secret.New("http://irc.example.com") },
		"a password in it":     func(c *irc.Config) { c.URL = secret.New("ircs://bot:server-pass-1@irc.example.com") },
		"no nick":              func(c *irc.Config) { c.Nick = "" },
		"a nick of two words":  func(c *irc.Config) { c.Nick = "a b" },
		"a nick with a line":   func(c *irc.Config) { c.Nick = "a\nQUIT" },
		"a username with an @": func(c *irc.Config) { c.Username = "a@b" },
		"a name with a line":   func(c *irc.Config) { c.RealName = "a\r\nQUIT" },
		"a password with one":  func(c *irc.Config) { c.Password = secret.New("server-pass-1\r\nQUIT") },
		"half a login":         func(c *irc.Config) { c.SASLUser = "bot" },
		"a key of two words":   func(c *irc.Config) { c.Keys = map[string]secret.Text{"#ops": secret.New("server-pass-1 x")} },
		"a key of no channel":  func(c *irc.Config) { c.Keys = map[string]secret.Text{"ops": secret.New("k")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := irc.Config{URL: secret.New("ircs://irc.example.com"), Nick: "postern"}
			if _, err := irc.New(c, chat.Tools{}); err != nil {
				t.Fatal(err)
			}
			change(&c)
			_, err := irc.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "server-pass-1") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
