package app_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"postern/pkg/chat/chattest"

	"postern/internal/servertest"
)

const clientsConfig = `
redis: {url: "${REDIS}"}
worker: {shutdown_timeout: 5s}
api: {tokens: {ops: a-token-of-the-tests}}
chats: {team: {type: webhook, url: "${PLATFORM}/hook/team"}}
plugins:
  acme.scripts:
    webhooks:
      /bearer: {source: generic, verify: {type: bearer, token: t0ken}, notify: [{to: [team]}]}
      /basic: {source: generic, verify: {type: basic, username: backup, password: t0ken}, notify: [{to: [team]}]}
      /query: {source: generic, verify: {type: query, param: token, token: t0ken}, notify: [{to: [team]}]}
      /hmac: {source: generic, verify: {type: hmac, header: X-Signature, secrets: [s3cret]}, notify: [{to: [team]}]}
  postern.examples:
    settings: {github_secret: s3cret, token: t0ken, notification_chat_key: team}
    webhooks: {/upload_report: {allow_chats: [team]}}
`

const scripts = "/api/plugin/acme.scripts/webhook"

// clientTest is one command line: AT is the receiver's host and port, FILE a
// file that holds file.
type clientTest struct {
	args     []string
	file     string
	code     int    // that it exits with
	printed  string // a part of what it prints
	told     string // empty: nobody is told
	severity string // of what is told; empty: whatever
}

// runClients runs a program that is not ours with each test's arguments.
func runClients(t *testing.T, program string, tests map[string]clientTest) {
	t.Helper()
	h := newStormHouse(t, clientsConfig)
	h.mustStart("receiver", "r1")
	h.mustStart("worker", "w1")
	for name, tt := range tests { // one after the other: each says what is told by it
		t.Run(name, func(t *testing.T) {
			before := len(h.platform.Messages())
			values := strings.NewReplacer("AT", h.running["r1"].address, "FILE", h.write("file.txt", tt.file))
			args := make([]string, len(tt.args))
			for i, arg := range tt.args {
				args[i] = values.Replace(arg)
			}
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env, cmd.Dir = foreign(), h.dir
			out, err := cmd.CombinedOutput()
			if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.printed) {
				t.Errorf("exit code %d, want %d, and %q in\n%s", code, tt.code, tt.printed, out)
			}
			if tt.told != "" {
				tt.check(t, h.await(before + 1)[before])
			} else if calls := h.platform.Messages(); len(calls) != before {
				t.Errorf("somebody was told %q", calls[before].Text)
			}
		})
	}
}

func (tt clientTest) check(t *testing.T, c chattest.Call) {
	t.Helper()
	if c.Text != tt.told {
		t.Errorf("told\n%s\nwant\n%s", c.Text, tt.told)
	}
	if got := read(t, c).Data.Event.Severity; tt.severity != "" && got != tt.severity {
		t.Errorf("severity %q, want %q", got, tt.severity)
	}
}

func TestApprise(t *testing.T) {
	t.Parallel()
	say := func(more ...string) []string {
		return append([]string{"-t", "Backup of db-1", "-b", "All of it\nwas saved <ok> @everyone"}, more...)
	}
	const told = "Backup of db-1\nAll of it\nwas saved <ok> @everyone\n"
	runClients(t, servertest.Find(t, "apprise"), map[string]clientTest{
		"json": {
			args: say("json://AT" + scripts + "/bearer?+Authorization=Bearer%20t0ken"),
			told: told + "type: info\nversion: 1.0", severity: "info",
		},
		"json, a failure": {
			args: say("-n", "failure", "json://AT"+scripts+"/bearer?+Authorization=Bearer%20t0ken"),
			told: told + "type: failure\nversion: 1.0", severity: "error",
		},
		"json, a warning, with a password": {
			args: say("-n", "warning", "json://backup:t0ken@AT"+scripts+"/basic"),
			told: told + "type: warning\nversion: 1.0", severity: "warning",
		},
		"a form": {
			args: say("form://AT" + scripts + "/bearer?+Authorization=Bearer%20t0ken"),
			told: told + "type: info\nversion: 1.0",
		},
		"a wrong token": {args: say("json://AT" + scripts + "/bearer?+Authorization=Bearer%20guess"), code: 1},
		"no token":      {args: say("json://AT" + scripts + "/bearer"), code: 1},
	})
}

func TestCurl(t *testing.T) {
	t.Parallel()
	const examples = "http://AT/api/plugin/postern.examples/webhook"
	const bearer = "Authorization: Bearer t0ken"
	upload := func(more ...string) []string {
		return append([]string{
			"-sSi", "-H", bearer, "-F", "report_name=Weekly", "-F", "target_chat=team",
			"-F", "report_file=@FILE;type=text/plain", examples + "/upload_report",
		}, more...)
	}
	const long = 2 << 20
	const body = `{"title":"A door","status":"down"}`
	runClients(t, servertest.Find(t, "curl"), map[string]clientTest{
		"JSON": {
			args: []string{"-sSf", "-H", bearer, "-H", "Content-Type: application/json", "-d", body, "http://AT" + scripts + "/bearer"},
			told: "A door\nstatus: down", severity: "error", printed: `"status":"accepted"`,
		},
		"JSON that is called a form, as -d does": {
			args: []string{"-sSf", "-H", bearer, "-d", body, "http://AT" + scripts + "/bearer"},
			told: "A door\nstatus: down",
		},
		"a form": {
			args: []string{"-sSf", "-H", bearer, "--data-urlencode", "title=A & B", "-d", "room=4", "http://AT" + scripts + "/bearer"},
			told: "A & B\nroom: 4",
		},
		"text from a pipe, of no declared length": {
			args: []string{"-sSf", "-H", bearer, "-H", "Content-Type: text/plain", "-H", "Transfer-Encoding: chunked", "--data-binary", "@FILE", "http://AT" + scripts + "/bearer"},
			file: "The build is done\nin 3 s\n", told: "The build is done\nin 3 s",
		},
		"a GET with a token in its query": {
			args: []string{"-sSfG", "--data-urlencode", "message=Someone is at the door", "-d", "token=t0ken", "http://AT" + scripts + "/query"},
			told: "Someone is at the door",
		},
		"a GET with a wrong token": {
			args:    []string{"-sSG", "-d", "token=guess", "http://AT" + scripts + "/query"},
			printed: `"code":"signature_mismatch"`,
		},
		"a signed body": {
			args: []string{"-sSf", "-H", "Content-Type: application/json", "-H", "X-Signature: " + strings.TrimPrefix(signature("s3cret", []byte(body)), "sha256="), "-d", body, "http://AT" + scripts + "/hmac"},
			told: "A door\nstatus: down",
		},
		"HTTP/1.0": {
			args: []string{"-sSf0", "-H", bearer, "-d", "title=Old", "http://AT" + scripts + "/bearer"},
			told: "Old",
		},
		"an upload": {
			args: upload(), file: "All went well.\n", printed: `"filename":"file.txt"`,
			told: "New report 'Weekly' (file.txt)\nAll went well.\n...",
		},
		"an upload that asks first": {
			args: upload("-H", "Expect: 100-continue"), file: "All went well.\n", printed: "HTTP/1.1 100 Continue",
			told: "New report 'Weekly' (file.txt)\nAll went well.\n...",
		},
		"an upload that is too large and asks first": {
			args: upload("-H", "Expect: 100-continue"), file: strings.Repeat("x", long), printed: `"code":"body_too_large"`,
		},
		"an upload that is too large and asks nobody": {
			args: upload("-H", "Expect:"), file: strings.Repeat("x", long), printed: `"code":"body_too_large"`,
		},
		"an upload without its file": {
			args:    []string{"-sS", "-H", bearer, "-F", "report_name=Weekly", "-F", "target_chat=team", examples + "/upload_report"},
			printed: `"code":"invalid_payload"`,
		},
	})
}
