package xmpp_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/servertest"
	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/xmpp"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// These tests speak to a real server, Prosody.

const room = "room_" + servertest.Room

func prosody(t *testing.T, lua string) (*servertest.XMPP, xmpp.Config) {
	t.Helper()
	cert := servertest.NewCertificate(t)
	s := servertest.StartXMPP(t, cert, lua)
	return s, xmpp.Config{
		URL: secret.New("xmpp://" + s.Address), JID: "postern@localhost", Password: secret.New(servertest.XMPPPassword), CA: secret.New(cert.PEM),
	}
}

// Encrypted at once, later, and only where it must be; SCRAM, and PLAIN where
// there is nothing better.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "c2s_require_encryption = true")
	direct, untrusted, clear, wrong, nobody := c, c, c, c, c
	direct.URL = secret.New("xmpps://" + server.Encrypted)
	untrusted.CA = secret.Text{}
	clear.Plaintext = true
	wrong.Password = secret.New("wrong-password")
	nobody.JID = "nobody@localhost"
	for name, good := range map[string]xmpp.Config{"STARTTLS": c, "TLS": direct} {
		if who, err := newSender(t, good).Probe(t.Context()); err != nil || who != "postern@localhost" {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
	account := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	for name, bad := range map[string]struct {
		config xmpp.Config
		want   retry.Advice
		words  string
	}{
		"a certificate that nobody trusts": {untrusted, retry.Advice{}, "certificate"},
		"in clear":                         {clear, account, "no way to log in"},
		"a wrong password":                 {wrong, account, "not-authorized"},
		"an unknown account":               {nobody, account, "not-authorized"},
	} {
		_, err := newSender(t, bad.config).Probe(t.Context())
		if got := retry.AdviceOn(err); err == nil || got != bad.want || !strings.Contains(err.Error(), bad.words) || strings.Contains(err.Error(), "wrong-password") {
			t.Errorf("%s: advice %+v, want %+v: %v", name, got, bad.want, err)
		}
	}
	plain, c := prosody(t, `disable_sasl_mechanisms = { "SCRAM-SHA-1", "SCRAM-SHA-256" }`)
	c.CA, c.Plaintext = secret.Text{}, true
	if who, err := newSender(t, c).Probe(t.Context()); err != nil {
		t.Errorf("PLAIN: %q, %v\n%s", who, err, plain.Log())
	}
	for _, mechanism := range []string{"SCRAM-SHA-1", "SCRAM-SHA-256"} {
		_, c := prosody(t, `disable_sasl_mechanisms = { "PLAIN", "`+mechanism+`" }`)
		if who, err := newSender(t, c).Probe(t.Context()); err != nil {
			t.Errorf("without %s: %q, %v", mechanism, who, err)
		}
	}
}

// The gallery reaches a room as it was written, in its order, and the stream
// lives.
func TestTheGalleryReachesTheRoom(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "")
	reader, sender := server.Read(), newSender(t, c)
	gallery := chattest.Gallery()
	gallery["injection"] = chat.Message{Title: "</body></message><iq/>", Body: chat.Plain("]]> \ufffe\uffff \x00 &#0; <!-- </stream:stream>")}
	var want []string
	for name, m := range gallery {
		d := chat.Delivery{ID: name, Channel: room, Message: m}
		receipt, err := sender.Send(t.Context(), d)
		if err != nil || receipt.MessageID == "" {
			t.Fatalf("%s: %+v, %v", name, receipt, err)
		}
		text := strings.NewReplacer("\ufffe", "", "\uffff", "").Replace(m.Clean().Text())
		if len(text) > 8<<10 {
			text = text[:20]
		}
		want = append(want, text)
	}
	servertest.Await(t, "the last message", func() bool { return len(reader.Bodies("postern")) >= len(want) })
	for i, got := range reader.Bodies("postern") {
		if len(got) > 4<<10 {
			got = got[:20]
		}
		if i < len(want) && got != want[i] && !strings.HasPrefix(got, want[i]) {
			t.Errorf("message %d: heard %.300q, want %.300q", i, got, want[i])
		}
	}
	if _, err := sender.Probe(t.Context()); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "")
	reader, sender := server.Read(), newSender(t, c)
	if receipt, err := sender.Send(t.Context(), delivery("private_reader@localhost", "psst")); err != nil || !receipt.Queued {
		t.Fatalf("%+v, %v", receipt, err)
	}
	servertest.Await(t, "the message", func() bool {
		return slices.ContainsFunc(reader.Heard("message"), func(m servertest.Said) bool { return m.Body == "psst" && m.Type == "chat" })
	})
	_, err := sender.Send(t.Context(), delivery("private_nobody@localhost", "psst"))
	if got, want := retry.AdviceOn(err), (retry.Advice{Kind: retry.Hopeless, Broken: true}); got != want {
		t.Errorf("to nobody: advice %+v, want %+v: %v", got, want, err)
	}
}

func TestRefusalsOfARealServer(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "")
	reader, sender := server.Read(), newSender(t, c)
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := func(name, channel string, want retry.Advice) {
		t.Helper()
		_, err := sender.Send(t.Context(), delivery(channel, name))
		if got := retry.AdviceOn(err); err == nil || got != want {
			t.Errorf("%s: advice %+v, want %+v: %v", name, got, want, err)
		}
	}
	refused("a room that is none", "room_nobody@conference.localhost", retry.Advice{})
	refused("a conference that is none", "room_ops@nowhere.localhost", gone)
	if _, err := sender.Send(t.Context(), delivery(room, "hello")); err != nil {
		t.Fatal(err)
	}
	query := func(ns, what string) {
		t.Helper()
		before := len(reader.Heard("iq"))
		reader.Say("<iq type='set' id='q' to='" + servertest.Room + "'><query xmlns='http://jabber.org/protocol/muc#" + ns + "'>" + what + "</query></iq>")
		servertest.Await(t, "the room's consent", func() bool { return len(reader.Heard("iq")) > before })
	}
	query("admin", "<item nick='postern' role='none'/>")
	if _, err := sender.Send(t.Context(), delivery(room, "back after a kick")); err != nil {
		t.Errorf("after a kick: %v", err)
	}
	query("owner", "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"+
		"<field var='muc#roomconfig_moderatedroom'><value>1</value></field></x>")
	query("admin", "<item nick='postern' role='visitor'/>")
	refused("without a voice", room, gone)
	query("admin", "<item jid='postern@localhost' affiliation='outcast'/>")
	refused("banned", room, gone)
	if got, want := reader.Bodies("postern"), []string{"hello", "back after a kick"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestATakenNickGetsATail(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "")
	reader := server.Read()
	c.Nick = "reader"
	if _, err := newSender(t, c).Send(t.Context(), delivery(room, "hello")); err != nil {
		t.Fatal(err)
	}
	servertest.Await(t, "the message", func() bool { return len(reader.Bodies("reader_")) == 1 })
}

// After the server was killed the next message arrives once; one whose echo is
// lost is unknown, and bears the same id when it is said again.
func TestTheConnectionComesBack(t *testing.T) {
	t.Parallel()
	server, c := prosody(t, "")
	server.Read()
	sender := newSender(t, c)
	if _, err := sender.Send(t.Context(), delivery(room, "one")); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	servertest.Await(t, "a refusal", func() bool {
		_, err := sender.Send(t.Context(), delivery(room, "to nobody"))
		return err != nil && retry.AdviceOn(err) == retry.Advice{}
	})
	server.Start()
	reader := server.Read()
	for n := range 3 {
		if _, err := sender.Send(t.Context(), delivery(room, fmt.Sprintf("again %d", n))); err != nil {
			t.Fatal(err)
		}
	}
	server.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := sender.Send(ctx, delivery(room, "lost"))
	if got := retry.AdviceOn(err); got.Kind != retry.Lost || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an echo that is lost: advice %+v: %v", got, err)
	}
	server.Resume()
	if _, err := sender.Send(t.Context(), delivery(room, "lost")); err != nil {
		t.Fatal(err)
	}
	servertest.Await(t, "the last message", func() bool { return slices.Contains(reader.Bodies("postern"), "lost") })
	ids := map[string]bool{}
	for _, m := range reader.Heard("message") {
		if m.Body == "lost" {
			ids[m.ID] = true
		}
	}
	if len(ids) != 1 {
		t.Errorf("said under the ids %v, want one", ids)
	}
	if got, want := reader.Bodies("postern")[:3], []string{"again 0", "again 1", "again 2"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}
