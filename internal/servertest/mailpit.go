package servertest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Mailpit is a mail catcher: it takes mail over SMTP and shows it over HTTP.
type Mailpit struct {
	*Program
	Address string // of SMTP
	api     string
}

// The one who may send mail to it.
const (
	MailUser     = "postern"
	MailPassword = "mail-Password-1"
)

// StartMailpit starts a mail catcher that keeps its mail over a restart. The
// args are appended to its command line.
func StartMailpit(tb testing.TB, args ...string) *Mailpit {
	tb.Helper()
	path := Find(tb, "mailpit")
	dir, free := tb.TempDir(), ports(tb, 2)
	users := filepath.Join(dir, "users")
	write(tb, users, MailUser+":"+MailPassword+"\n")
	m := &Mailpit{Address: "127.0.0.1:" + free[0], api: "http://127.0.0.1:" + free[1]}
	m.Program = start(tb, free, append([]string{
		path, "--smtp", m.Address, "--listen", "127.0.0.1:" + free[1], "--database", filepath.Join(dir, "mail.db"),
		"--smtp-auth-file", users, "--enable-chaos", "--disable-version-check", "--smtp-disable-rdns", "--smtp-strict-rfc-headers",
	}, args...)...)
	return m
}

// Mail is one that arrived.
type Mail struct {
	ID          string
	MessageID   string // without its angle brackets
	Subject     string
	To          []struct{ Address string }
	Text        string
	HTML        string
	Attachments []struct {
		FileName string
		Size     int
	}
}

// Mails gives what arrived, in that order.
func (m *Mailpit) Mails() []Mail {
	m.tb.Helper()
	var list struct{ Messages []struct{ ID string } }
	m.get("/api/v1/messages?limit=500", &list)
	mails := make([]Mail, len(list.Messages))
	for i, one := range list.Messages {
		m.get("/api/v1/message/"+one.ID, &mails[i])
	}
	slices.Reverse(mails) // it lists the newest first
	return mails
}

// Raw gives the source of a mail.
func (m *Mailpit) Raw(id string) string {
	m.tb.Helper()
	return string(m.call(http.MethodGet, "/api/v1/message/"+id+"/raw", ""))
}

// Refuse makes it answer a stage (Authentication, Sender or Recipient) with a
// code, always; 0 ends that.
func (m *Mailpit) Refuse(stage string, code int) {
	m.tb.Helper()
	triggers := "{}"
	if code != 0 {
		triggers = fmt.Sprintf(`{%q:{"ErrorCode":%d,"Probability":100}}`, stage, code)
	}
	m.call(http.MethodPut, "/api/v1/chaos", triggers)
}

func (m *Mailpit) get(path string, into any) {
	m.tb.Helper()
	if err := json.Unmarshal(m.call(http.MethodGet, path, ""), into); err != nil {
		m.tb.Fatalf("mailpit %s: %v", path, err)
	}
}

func (m *Mailpit) call(method, path, body string) []byte {
	m.tb.Helper()
	request, err := http.NewRequestWithContext(m.tb.Context(), method, m.api+path, strings.NewReader(body))
	if err != nil {
		m.tb.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.tb.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		m.tb.Fatalf("mailpit %s: %s %s (%v)", path, response.Status, text, err)
	}
	return text
}
