package xmpp_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/xmpp"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	password = "xmpp-Pass-1"
	onWire   = "AHBvc3Rlcm4AeG1wcC1QYXNzLTE=" // as PLAIN sends it
)

func config(base string) xmpp.Config {
	return xmpp.Config{URL: secret.New("xmpp://" + base), JID: "postern@example.com", Password: secret.New(password)}
}

func newSender(t *testing.T, c xmpp.Config) *xmpp.Sender {
	t.Helper()
	s, err := xmpp.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) { return xmpp.New(config(base), tools) },
		Wire: func(t *testing.T) chattest.Wire {
			s := serve(t, nil)
			return chattest.Wire{Base: s.base, Sent: s.sent}
		},
		Channel:     "room_ops@conference.example.com",
		BadChannels: []string{"", "ops", "@example.com", "ops@", "ops@a/b", "ops@a@b", "a<b@c", "a'b@c", "room_", "private_ops", "ops@exa mple.com", "ops@example.com\n"},
		Secrets:     []string{password, onWire}, Receipt: chat.Receipt{MessageID: "of-the-room"},
		Mentions: []string{"alice", "bob <x>"}, Inert: inert, Update: *update,
		Text: func(c chattest.Call) string { return c.Text }, Limit: 8 << 10, Unit: chat.Bytes,
	})
}

// inert: the text is all there is, and no reader styles it.
func inert(c chattest.Call) error {
	body, rest, ok := strings.Cut(string(c.Body), "</body>")
	if !ok || strings.Count(body, "<") != 1 || !strings.HasPrefix(rest, "<unstyled xmlns='urn:xmpp:styling:0'/><origin-id ") || strings.Count(rest, "<") != 2 {
		return errors.New("there are other elements than ours")
	}
	if !utf8.ValidString(c.Text) || strings.ContainsFunc(c.Text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
		return errors.New("a control character came through")
	}
	return nil
}

func delivery(channel, text string) chat.Delivery {
	return chat.Delivery{ID: text, Channel: channel, Message: chat.Message{Body: chat.Plain(text)}}
}

const ops = "room_ops@conference.example.com"

func stanzaError(name, kind, condition string) string {
	return "<" + name + " type='error' from='ops@conference.example.com' id='{id}'><error type='" + kind + "'><" + condition +
		" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no " + password + "</text></error></" + name + ">"
}

func failure(condition string) string {
	return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + condition + "/><text>" + onWire + " " + password + "</text></failure>"
}

func TestReplies(t *testing.T) {
	t.Parallel()
	never, gone := retry.Advice{Kind: retry.Hopeless}, retry.Advice{Kind: retry.Hopeless, Broken: true}
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	again, busy, lost := retry.Advice{}, retry.Advice{Reach: retry.Account}, retry.Advice{Kind: retry.Lost}
	later := retry.Advice{Kind: retry.Later, After: 30 * time.Second}
	streamError := func(condition string) string {
		return "<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
	}
	header := "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
	for name, c := range map[string]struct {
		element, says string
		want          retry.Advice
	}{
		"no such host":            {"stream", header + streamError("host-unknown"), account},
		"going down":              {"stream", header + streamError("system-shutdown"), busy},
		"not XMPP":                {"stream", "<html></html>", again},
		"hangs up at the door":    {"stream", "-", again},
		"no way to log in":        {"stream", header + "<stream:features/>", account},
		"wrong password":          {"auth", failure("not-authorized"), account},
		"account disabled":        {"auth", failure("account-disabled"), account},
		"login, later":            {"auth", failure("temporary-auth-failure"), busy},
		"hangs up at login":       {"auth", "-", again},
		"no address":              {"iq", stanzaError("iq", "wait", "resource-constraint"), busy},
		"members only":            {"presence", stanzaError("presence", "auth", "registration-required"), gone},
		"banned":                  {"presence", stanzaError("presence", "auth", "forbidden"), gone},
		"a password is wanted":    {"presence", stanzaError("presence", "auth", "not-authorized"), gone},
		"no such room":            {"presence", stanzaError("presence", "cancel", "item-not-found"), gone},
		"no such conference":      {"presence", stanzaError("presence", "cancel", "remote-server-not-found"), gone},
		"a full room":             {"presence", stanzaError("presence", "wait", "service-unavailable"), later},
		"every nick is taken":     {"presence", stanzaError("presence", "cancel", "conflict"), gone},
		"a room made by joining":  {"presence", "<presence from='{to}'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/><status code='201'/></x></presence>", again},
		"hangs up at the room":    {"presence", "-", again},
		"may not speak":           {"message", stanzaError("message", "auth", "forbidden"), gone},
		"not in the room, ever":   {"message", stanzaError("message", "modify", "not-acceptable"), gone},
		"too fast":                {"message", stanzaError("message", "wait", "resource-constraint"), later},
		"against a policy":        {"message", stanzaError("message", "modify", "policy-violation"), later},
		"a bad message":           {"message", stanzaError("message", "modify", "bad-request"), never},
		"hangs up at the message": {"message", "-", lost},
		"ends the stream at it":   {"message", streamError("policy-violation"), lost},
		"what is no XML":          {"message", "<message", lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := map[string]string{c.element: c.says}
			if name == "what is no XML" {
				says["message"] = "<a></b>"
			}
			_, err := newSender(t, config(serve(t, says).base)).Send(t.Context(), delivery(ops, "hello"))
			if err == nil {
				t.Fatal("no error")
			}
			if got := retry.AdviceOn(err); got != c.want {
				t.Errorf("advice %+v, want %+v: %v", got, c.want, err)
			}
			if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), onWire) {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// One connection and one join do for all, and the server's questions are
// answered in between.
func TestAConnectionIsKept(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	sender := newSender(t, config(s.base))
	for _, channel := range []string{ops, ops, "OPS@conference.example.com", "private_alice@example.com"} {
		receipt, err := sender.Send(t.Context(), delivery(channel, "hello"))
		if err != nil {
			t.Fatal(err)
		}
		if private := strings.HasPrefix(channel, "private_"); receipt.Queued != private {
			t.Errorf("%s: receipt %+v", channel, receipt)
		}
	}
	for name, want := range map[string]int{"stream": 2, "presence": 1, "message": 4} {
		if got := s.count(name); got != want {
			t.Errorf("%d times <%s>, want %d", got, name, want)
		}
	}
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
	if _, err := sender.Send(t.Context(), delivery(ops, "late")); err == nil {
		t.Error("a closed account was spoken for")
	}
}

// However much others say, under whatever ids, our own answers are heard.
func TestNobodyElseIsHeard(t *testing.T) {
	t.Parallel()
	noise := strings.Repeat("<message type='groupchat' from='{to}/someone' id='{id}'><body>not ours</body></message>"+
		"<message type='error' from='someone@example.com' id='other'><error type='cancel'><gone/></error></message>"+
		"<message type='chat' from='someone@example.com' id='{id}'><body>psst</body></message>", 200)
	s := serve(t, map[string]string{"message": noise + "<message type='groupchat' from='{to}/postern' id='{id}'/>" + noise})
	sender := newSender(t, config(s.base))
	for n := range 5 {
		if _, err := sender.Send(t.Context(), delivery(ops, fmt.Sprint("message ", n))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASecondAttemptHasTheSameID(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	sender := newSender(t, config(s.base))
	for _, text := range []string{"one", "one", "two"} {
		if _, err := sender.Send(t.Context(), delivery(ops, text)); err != nil {
			t.Fatal(err)
		}
	}
	sent := s.sent()
	if string(sent[0].Body) != string(sent[1].Body) || string(sent[0].Body) == string(sent[2].Body) {
		t.Errorf("sent %s, %s, %s", sent[0].Body, sent[1].Body, sent[2].Body)
	}
}

func TestTextCannotBecomeAnElement(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	nasty := "]]></body></message><iq type='set'/><!-- \ufffe\uffff\x00 &lt; \" ' <![CDATA[ <?x?>"
	d := delivery(ops, nasty)
	d.Message.Thread = "</thread>"
	if _, err := newSender(t, config(s.base)).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("\ufffe", "", "\uffff", "", "\x00", "").Replace(nasty)
	if got := s.sent()[0].Text; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*xmpp.Config){
		"no account":              func(c *xmpp.Config) { c.JID = "" },
		"an account of no domain": func(c *xmpp.Config) { c.JID = "postern" },
		"a resource":              func(c *xmpp.Config) { c.JID = "postern@example.com/x" },
		"no password":             func(c *xmpp.Config) { c.Password = secret.Text{} },
		"another scheme":          func(c *xmpp.Config) { c.URL = secret.New("http://xmpp-Pass-1@example.com") },
		"two accounts":            func(c *xmpp.Config) { c.URL = secret.New("xmpp://other:xmpp-Pass-1@example.com") },
		"a path":                  func(c *xmpp.Config) { c.URL = secret.New("xmpp://example.com/xmpp-Pass-1") },
		"a ca that is no PEM":     func(c *xmpp.Config) { c.CA = secret.New("xmpp-Pass-1") },
		"a nick with a line":      func(c *xmpp.Config) { c.Nick = "a\nb" },
		"a password of no room":   func(c *xmpp.Config) { c.Passwords = map[string]secret.Text{"ops": secret.New("xmpp-Pass-1")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config("example.com")
			change(&c)
			_, err := xmpp.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
	for name, c := range map[string]xmpp.Config{
		"a jid alone": {JID: "postern@example.com", Password: secret.New(password)},
		"a url alone": {URL: secret.New("xmpp://postern:" + password + "@example.com")},
		"both":        {URL: secret.New("xmpps://chat.example.com:5223"), JID: "postern@example.com", Password: secret.New(password)},
	} {
		if s, err := xmpp.New(c, chat.Tools{}); err != nil || strings.Contains(fmt.Sprintf("%+v", s), password) {
			t.Errorf("%s: %v, %+v", name, err, s)
		}
	}
}
