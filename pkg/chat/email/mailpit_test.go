package email_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/servertest"
	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/email"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// These tests speak to a real server, Mailpit.

func mailpitConfig(scheme, address string) email.Config {
	return email.Config{
		SMTPURL: secret.New(scheme + "://" + servertest.MailUser + ":" + servertest.MailPassword + "@" + address),
		From:    "Postern <postern@example.com>",
	}
}

func encrypted(t *testing.T, args ...string) (*servertest.Mailpit, servertest.Certificate) {
	t.Helper()
	cert := servertest.NewCertificate(t)
	return servertest.StartMailpit(t, append(args, "--smtp-tls-cert", cert.CertFile, "--smtp-tls-key", cert.KeyFile)...), cert
}

func TestMailArrivesEncrypted(t *testing.T) {
	t.Parallel()
	for scheme, arg := range map[string]string{"smtp": "--smtp-require-starttls", "smtps": "--smtp-require-tls"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			server, cert := encrypted(t, arg)
			c := mailpitConfig(scheme, server.Address)
			_, err := newSender(t, c).Send(t.Context(), delivery(chat.Message{Title: "to whom?"}))
			if err == nil || retry.AdviceOn(err) != (retry.Advice{}) || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("a certificate that nobody trusts: got %v", err)
			}
			c.CA = secret.New(cert.PEM)
			if _, err := newSender(t, c).Send(t.Context(), delivery(chat.Message{Title: "hello"})); err != nil {
				t.Fatal(err)
			}
			if got := server.Mails(); len(got) != 1 || got[0].Subject != "hello" || got[0].To[0].Address != "ops@example.com" {
				t.Errorf("mails %+v", got)
			}
		})
	}
}

// 0.0.0.0 is this machine, and not loopback.
func TestNothingIsSentInClearUnasked(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	c := mailpitConfig("smtp", strings.Replace(server.Address, "127.0.0.1", "0.0.0.0", 1))
	_, err := newSender(t, c).Send(t.Context(), delivery(chat.Message{Title: "hello"}))
	want := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	if got := retry.AdviceOn(err); got != want {
		t.Errorf("advice %+v, want %+v: %v", got, want, err)
	}
	c.Plaintext = true
	if _, err := newSender(t, c).Send(t.Context(), delivery(chat.Message{Title: "hello"})); err != nil {
		t.Error(err)
	}
	if got := len(server.Mails()); got != 1 {
		t.Errorf("%d mails, want 1", got)
	}
}

func TestStagesOfARealServer(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	s := newSender(t, mailpitConfig("smtp", server.Address))
	for _, c := range []struct {
		stage string
		code  int
		want  retry.Advice
	}{
		{"Authentication", 535, retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}},
		{"Authentication", 454, retry.Advice{Reach: retry.Account}},
		{"Sender", 451, retry.Advice{Reach: retry.Account}},
		{"Sender", 553, retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}},
		{"Recipient", 450, retry.Advice{}},
		{"Recipient", 550, retry.Advice{Kind: retry.Hopeless, Broken: true}},
	} {
		server.Refuse(c.stage, c.code)
		_, err := s.Send(t.Context(), delivery(chat.Message{Title: "hello"}))
		if got := retry.AdviceOn(err); err == nil || got != c.want {
			t.Errorf("%s %d: advice %+v, want %+v: %v", c.stage, c.code, got, c.want, err)
		}
		server.Refuse(c.stage, 0)
	}
	if _, err := s.Probe(t.Context()); err != nil {
		t.Errorf("Probe: %v", err)
	}
	if got := len(server.Mails()); got != 0 {
		t.Errorf("%d mails arrived, want none", got)
	}
}

func TestTheProbe(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	if got, err := newSender(t, mailpitConfig("smtp", server.Address)).Probe(t.Context()); got != "postern at "+server.Address || err != nil {
		t.Errorf("Probe: %q, %v", got, err)
	}
	c := mailpitConfig("smtp", server.Address)
	c.SMTPURL = secret.New("smtp://postern:wrong-password@" + server.Address)
	_, err := newSender(t, c).Probe(t.Context())
	if got := retry.AdviceOn(err); !got.Broken || got.Reach != retry.Account || strings.Contains(err.Error(), "wrong-password") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// The gallery arrives as it was written, one mail each, in its order, with no
// header but ours.
func TestTheGalleryArrives(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	s := newSender(t, mailpitConfig("smtp", server.Address))
	var want []string
	for name, m := range chattest.Gallery() {
		d := delivery(m)
		d.ID = name
		receipt, err := s.Send(t.Context(), d)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want = append(want, strings.Trim(receipt.MessageID, "<>"))
	}
	var got []string
	for _, mail := range server.Mails() {
		got = append(got, mail.MessageID)
		sent := chattest.Gallery()[strings.TrimSuffix(mail.MessageID, "@example.com")].Text()
		text := strings.TrimRight(strings.ReplaceAll(mail.Text, "\r\n", "\n"), " \n")
		if len(sent) < 64<<10 && text != strings.TrimRight(sent, " \n") {
			t.Errorf("%s arrived as\n%q, want\n%q", mail.MessageID, text, sent)
		}
		if remote.MatchString(mail.HTML) {
			t.Errorf("%s: the page loads something", mail.MessageID)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("arrived %v, want %v", got, want)
	}
}

// Whoever is told twice can see that it is the same.
func TestASecondAttemptIsTheSameMail(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure", "--ignore-duplicate-ids")
	s := newSender(t, mailpitConfig("smtp", server.Address))
	for range 3 {
		if _, err := s.Send(t.Context(), delivery(chat.Message{Title: "hello"})); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.Mails(); len(got) != 1 || got[0].MessageID != "0199-0-ops@example.com" {
		t.Errorf("mails %+v, want the one", got)
	}
}

func TestAServerThatWasAway(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	s := newSender(t, mailpitConfig("smtp", server.Address))
	send := func(n int) error {
		d := delivery(chat.Message{Title: fmt.Sprintf("mail %d", n)})
		d.ID = strconv.Itoa(n)
		_, err := s.Send(t.Context(), d)
		return err
	}
	if err := send(1); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := send(2); err == nil || retry.AdviceOn(err) != (retry.Advice{}) {
		t.Errorf("while it was away: %v", err)
	}
	server.Start()
	if err := send(3); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := s.Send(ctx, delivery(chat.Message{Title: "to nobody"}))
	if !errors.Is(err, context.DeadlineExceeded) || retry.AdviceOn(err) != (retry.Advice{}) {
		t.Errorf("while it was silent: %v", err)
	}
	server.Resume()
	if got := server.Mails(); len(got) != 2 || got[1].Subject != "mail 3" {
		t.Errorf("mails %+v, want the first and the third", got)
	}
}

func TestThreadsFilesAndWhatIsUrgent(t *testing.T) {
	t.Parallel()
	server := servertest.StartMailpit(t, "--smtp-auth-allow-insecure")
	c := mailpitConfig("smtp", server.Address)
	c.SubjectPrefix, c.To = "[acme] ", "Team@example.com"
	s := newSender(t, c)
	d := delivery(chat.Message{
		Title: "Überschrift =?utf-8?q?=0d=0aBcc:_x@example.com?= " + strings.Repeat("ü", 300), Thread: "acme/widgets#1", Severity: webhook.Critical,
		Attachments: []chat.Attachment{{Name: "report.csv", Upload: "f"}, {Name: "gone.png", URL: "https://example.com/gone.png"}},
	})
	d.Channel = "default"
	d.Open = func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		if a.Upload == "" {
			return chat.File{}, errors.New("gone")
		}
		return chat.File{Name: "bericht \"ü\"\r\n.csv", Type: "text/csv", Data: []byte(strings.Repeat("a,b\n", 100))}, nil
	}
	for range 2 {
		if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Mails()
	if len(got) != 2 || len(got[0].Attachments) != 1 || got[0].Attachments[0].Size != 400 || got[0].To[0].Address != "Team@example.com" {
		t.Fatalf("mails %+v", got)
	}
	if !strings.HasPrefix(got[0].Subject, "[acme] Überschrift =\u200b?utf-8?q?") || !strings.HasSuffix(got[0].Subject, "ü…") {
		t.Errorf("subject %q", got[0].Subject)
	}
	if !strings.Contains(got[0].Text, "gone.png: https://example.com/gone.png") {
		t.Errorf("what could not be had is no link in %q", got[0].Text)
	}
	raw := server.Raw(got[0].ID)
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for _, want := range []string{
		"\nIn-Reply-To: <thread.", "\nReferences: <thread.", "\nImportance: high\r", "\nAuto-Submitted: auto-generated\r", "\nDate: Tue, 24 Nov 2026 02:00:00 +0000\r",
	} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in the head:\n%s", want, head)
		}
	}
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes, RFC 5322 allows 998: %.80q", len(line), line)
		}
	}
	if strings.Contains(strings.ToLower(head), "\nbcc") {
		t.Error("a text became a header")
	}
}
