package app_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"postern/internal/servertest"
)

// These tests tell chats on real servers that speak no HTTP, by real programs:
// what is accepted arrives once and in its order, also while the server was
// gone, and a worker that ends takes leave.

const serversConfig = `
http: {listen: 127.0.0.1:0}
worker: {listen: 127.0.0.1:0, shutdown_timeout: 10s}
redis: {url: "${REDIS}", spool: spool}
retry: {first: 50ms, max: 500ms}
api: {tokens: {ops: ` + token + `}}
accounts: {ACCOUNT}
chats: {team: CHAT}
plugins: {acme.repos: {webhooks: {/github: {source: github, secrets: [pu5h], notify: [{to: [team], template: "{{.payload.head_commit.message}}"}]}}}}
`

// onServer starts a receiver and a worker that tell one chat.
func onServer(t *testing.T, account, chat string) *house {
	t.Helper()
	h := newStormHouse(t, strings.NewReplacer("ACCOUNT", account, "CHAT", chat).Replace(serversConfig))
	h.mustStart("receiver", "receiver")
	h.mustStart("worker", "worker")
	return h
}

// tell posts a push and gives its job.
func (h *house) tell(text string) (job string) {
	h.tb.Helper()
	a, err := newSender().do(push(h.running["receiver"].address, "/api/plugin/acme.repos/webhook/github", "pu5h", text, "next", text))
	if err != nil || a.is("202") != nil {
		h.tb.Fatalf("%v: %s", err, a)
	}
	return a.member("job_id")
}

// outlive tells the chat something before, while and after its server is gone,
// and gives what it should have heard.
func (h *house) outlive(server *servertest.Program, back func()) (want []string) {
	h.tb.Helper()
	var jobs []string
	say := func(texts ...string) {
		for _, text := range texts {
			jobs, want = append(jobs, h.tell(text)), append(want, text)
		}
	}
	delivered := func() {
		h.tb.Helper()
		for _, id := range jobs {
			if _, err := newSender().awaitJob(h.running["receiver"].address, id, patience, []string{"delivery=delivered"}); err != nil {
				h.tb.Fatal(err)
			}
		}
	}
	say("before 1", "before 2")
	delivered()
	server.Kill()
	say("meanwhile")
	if _, err := newSender().awaitJob(h.running["receiver"].address, jobs[2], patience, []string{"notifications.0.state=retrying"}); err != nil {
		h.tb.Fatal(err)
	}
	server.Start()
	back()
	say("after")
	delivered()
	return want
}

// ends stops the worker, which must take leave in time.
func (h *house) ends() {
	h.tb.Helper()
	worker := h.running["worker"]
	if err := worker.signal(syscall.SIGTERM); err != nil {
		h.tb.Fatal(err)
	}
	if code, err := worker.exit(patience); code != 0 || err != nil {
		h.tb.Errorf("the worker ended with %d, %v", code, err)
	}
	if text := worker.stderr.String(); strings.Contains(text, "assword-1") {
		h.tb.Errorf("the worker's log shows a password:\n%s", text)
	}
}

func TestMailIsToldByTheRealPrograms(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	account := fmt.Sprintf(`mail: {type: email, smtp_url: "smtp://%s:%s@%s", from: "postern@example.com"}`,
		servertest.MailUser, servertest.MailPassword, server.Address)
	h := onServer(t, account, "mail-mail_ops@example.com")
	want := h.outlive(server.Program, func() {})
	var got, ids []string
	for _, mail := range server.Mails() {
		got, ids = append(got, mail.Subject), append(ids, mail.MessageID)
	}
	if !slices.Equal(got, want) || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(want) {
		t.Errorf("got %q under %q, want %q", got, ids, want)
	}
	h.ends()
}

func TestIRCIsToldByTheRealPrograms(t *testing.T) {
	t.Parallel()
	server := servertest.StartIRC(t, servertest.NewCertificate(t))
	account := fmt.Sprintf(`irc: {url: "irc://%s", nick: postern, password: %s}`, server.Address, servertest.IRCPassword)
	before := server.Listen("reader", "#ops")
	h := onServer(t, account, "irc-channel_#ops")
	var after *servertest.Listener
	want := h.outlive(server.Program, func() { after = server.Listen("reader", "#ops") })
	after.Await("PRIVMSG #ops :after")
	var got []string
	for _, line := range slices.Concat(before.Heard(" PRIVMSG "), after.Heard(" PRIVMSG ")) {
		_, text, _ := strings.Cut(line, " PRIVMSG #ops :")
		got = append(got, text)
	}
	if len(got) == 3 && !slices.Contains(got, "meanwhile") { // it was told before the reader was back
		want = slices.DeleteFunc(want, func(s string) bool { return s == "meanwhile" })
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	h.ends()
	servertest.Await(t, "the farewell", func() bool { return len(after.Heard(" QUIT ")) == 1 })
}

func TestXMPPIsToldByTheRealPrograms(t *testing.T) {
	t.Parallel()
	cert := servertest.NewCertificate(t)
	server := servertest.StartXMPP(t, cert, "")
	account := fmt.Sprintf(`xmpp: {url: "xmpp://%s", jid: postern@localhost, password: %s, ca: "file:%s"}`,
		server.Address, servertest.XMPPPassword, cert.CertFile)
	before := server.Read()
	h := onServer(t, account, "xmpp-room_"+servertest.Room)
	var after *servertest.Reader
	want := h.outlive(server.Program, func() { after = server.Read() })
	servertest.Await(t, "the last message", func() bool { return slices.Contains(after.Bodies("postern"), "after") })
	if got := slices.Concat(before.Bodies("postern"), after.Bodies("postern")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	h.ends()
	servertest.Await(t, "the farewell", func() bool {
		return slices.ContainsFunc(after.Heard("presence"), func(p servertest.Said) bool {
			return p.From == servertest.Room+"/postern" && p.Type == "unavailable"
		})
	})
}
