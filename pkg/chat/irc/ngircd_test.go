package irc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/internal/servertest"
	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/irc"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// These tests speak to a real server, ngircd.

func ngircd(t *testing.T) (*servertest.IRC, irc.Config) {
	t.Helper()
	s := servertest.StartIRC(t, servertest.NewCertificate(t))
	return s, irc.Config{URL: secret.New("irc://" + s.Address), Nick: "postern", Password: secret.New(servertest.IRCPassword)}
}

// said are the texts of a sender to a target, as a listener heard them.
func said(l *servertest.Listener, nick, to string) (texts []string) {
	for _, line := range l.Heard(" PRIVMSG " + to + " :") {
		prefix, text, _ := strings.Cut(line, " PRIVMSG "+to+" :")
		if strings.HasPrefix(prefix, ":"+nick+"!") {
			texts = append(texts, text)
		}
	}
	return texts
}

// say sends all parts of a message.
func say(t *testing.T, s *irc.Sender, channel string, m chat.Message) error {
	t.Helper()
	d := chat.Delivery{ID: "1", Channel: channel, Message: m}
	for d.Part = range s.Parts(d) {
		if _, err := s.Send(t.Context(), d); err != nil {
			return err
		}
	}
	return nil
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	cert := servertest.NewCertificate(t)
	server := servertest.StartIRC(t, cert)
	c := irc.Config{URL: secret.New("ircs://" + server.Encrypted), Nick: "postern", Password: secret.New(servertest.IRCPassword)}
	_, err := newSender(t, c).Probe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "certificate") || retry.AdviceOn(err) != (retry.Advice{}) {
		t.Errorf("a certificate that nobody trusts: got %v", err)
	}
	c.CA = secret.New(cert.PEM)
	if who, err := newSender(t, c).Probe(t.Context()); err != nil || who != "postern at "+server.Encrypted {
		t.Errorf("Probe: %q, %v", who, err)
	}
	c.Password = secret.New("wrong-password")
	_, err = newSender(t, c).Probe(t.Context())
	if got := retry.AdviceOn(err); !got.Broken || got.Reach != retry.Account || strings.Contains(err.Error(), "wrong-password") {
		t.Errorf("a wrong password: advice %+v: %v", got, err)
	}
}

// The gallery reaches a channel line by line, in its order, whole, and none of
// it is a command.
func TestTheGalleryReachesTheChannel(t *testing.T) {
	t.Parallel()
	server, c := ngircd(t)
	reader, fake := server.Listen("reader", "#ops"), serve(t, nil)
	sender := newSender(t, c)
	judge := newSender(t, irc.Config{URL: secret.New("irc://" + fake.base), Nick: "postern"})
	gallery := chattest.Gallery()
	gallery["injection"] = chat.Message{Title: "a\r\nQUIT :now\r\n", Body: chat.Plain("x\x00\r\nJOIN #evil\nPART #ops\rKILL reader :y\u2028QUIT")}
	for _, name := range []string{"injection", "odd_links", "controls", "long_everything"} { // four, as the server slows down who says much
		if err := say(t, sender, "#ops", gallery[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := say(t, judge, "#ops", gallery[name]); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for _, call := range fake.sent() {
		want = append(want, call.Text)
	}
	servertest.Await(t, "the last line", func() bool { return len(said(reader, "postern", "#ops")) >= len(want) })
	if got := said(reader, "postern", "#ops"); !slices.Equal(got, want) {
		t.Errorf("heard\n%q, want\n%q", got, want)
	}
	for _, line := range reader.Heard(":postern!") {
		if _, rest, _ := strings.Cut(line, " "); !strings.HasPrefix(rest, "PRIVMSG #ops :") && !strings.HasPrefix(rest, "JOIN ") {
			t.Errorf("a text became a command: %q", line)
		}
	}
	if who, err := sender.Probe(t.Context()); err != nil || who != "postern at "+server.Address {
		t.Errorf("after all that: %q, %v", who, err)
	}
}

func TestRefusalsOfARealServer(t *testing.T) {
	t.Parallel()
	server, c := ngircd(t)
	op := server.Listen("operator", "#closed")
	op.Say("MODE #closed +i")
	op.Say("JOIN #keyed")
	op.Say("MODE #keyed +k open-sesame")
	op.Say("JOIN #quiet")
	op.Say("MODE #quiet +m")
	op.Await(" MODE #quiet ")
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	sender := newSender(t, c)
	for _, channel := range []string{"private_nobody", "#closed", "#keyed", "#quiet"} {
		_, err := sender.Send(t.Context(), delivery(channel, "hello"))
		if got := retry.AdviceOn(err); err == nil || got != gone {
			t.Errorf("%s: advice %+v, want %+v: %v", channel, got, gone, err)
		}
	}
	if _, err := sender.Send(t.Context(), delivery("private_operator", "hello")); err != nil {
		t.Errorf("to a person: %v", err)
	}
	op.Await(" PRIVMSG operator :hello")
	c.Nick, c.Keys = "other", map[string]secret.Text{"#keyed": secret.New("open-sesame")}
	if _, err := newSender(t, c).Send(t.Context(), delivery("#keyed", "hello")); err != nil {
		t.Errorf("with the key: %v", err)
	}
	op.Say("KICK #keyed other")
	op.Await(" KICK #keyed ")
}

func TestTwoOfOneNick(t *testing.T) {
	t.Parallel()
	server, c := ngircd(t)
	for _, want := range []string{"postern", "postern_"} {
		if who, err := newSender(t, c).Probe(t.Context()); err != nil || who != want+" at "+server.Address {
			t.Errorf("got %q, %v, want %s", who, err, want)
		}
	}
}

// After the server was away, frozen or killed, the next message arrives once.
func TestTheConnectionComesBack(t *testing.T) {
	t.Parallel()
	server, c := ngircd(t)
	sender := newSender(t, c)
	if _, err := sender.Send(t.Context(), delivery("#ops", "one")); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	servertest.Await(t, "a refusal", func() bool {
		_, err := sender.Send(t.Context(), delivery("#ops", "to nobody"))
		return err != nil && retry.AdviceOn(err) == retry.Advice{}
	})
	server.Start()
	reader := server.Listen("reader", "#ops")
	for n := range 3 {
		if _, err := sender.Send(t.Context(), delivery("#ops", fmt.Sprintf("again %d", n))); err != nil {
			t.Fatal(err)
		}
	}
	reader.Await("again 2")
	if got, want := said(reader, "postern", "#ops"), []string{"again 0", "again 1", "again 2"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
	reader.Await(":postern!")
	servertest.Await(t, "the farewell", func() bool { return len(reader.Heard(" QUIT ")) == 1 })
}
