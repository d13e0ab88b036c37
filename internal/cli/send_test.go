package cli_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"postern/internal/catalog"
	"postern/internal/cli"
	"postern/internal/servertest"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/source/generic"
	"postern/pkg/verify"
	"postern/pkg/verify/sns"
)

// arrivals is a receiver that takes everything and remembers it.
type arrivals struct {
	*httptest.Server
	answer func(w http.ResponseWriter)

	mu  sync.Mutex
	all []arrival
}

type arrival struct {
	method, path, query string
	header              http.Header
	body                string
}

func receive(t *testing.T) *arrivals {
	t.Helper()
	a := &arrivals{answer: func(w http.ResponseWriter) {
		w.Header().Set("Location", "/api/jobs/7")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"accepted","job_id":"7","status_url":"/api/jobs/7"}`)
	}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.all = append(a.all, arrival{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), string(body)})
		a.mu.Unlock()
		a.answer(w)
	}))
	t.Cleanup(a.Close)
	return a
}

// count is how many requests have arrived.
func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.all)
}

// one gives the only request that arrived.
func (a *arrivals) one(t *testing.T) arrival {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.all) != 1 {
		t.Fatalf("%d requests arrived, want one", len(a.all))
	}
	return a.all[0]
}

func signed(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSendListsSourcesAndEvents(t *testing.T) {
	t.Parallel()
	got := postern(t, "send")
	for _, d := range catalog.Sources() {
		if !strings.Contains(got.out, "\n"+d.Name+" ") && !strings.HasPrefix(got.out, d.Name+" ") {
			t.Errorf("%s is not listed", d.Name)
		}
	}
	if got := postern(t, "send", "github"); got.code != 0 || !strings.Contains(got.out, "pull_request.opened        A pull request is opened\n") {
		t.Errorf("got %+v, want the events of github with a line each", got)
	}
	type listed struct {
		Source string
		Events []struct{ Event, About string }
	}
	var all []listed
	if err := json.Unmarshal([]byte(postern(t, "send", "--json").out), &all); err != nil || len(all) != len(catalog.Sources()) {
		t.Errorf("got %d sources, %v, want all as JSON", len(all), err)
	}
	var one listed
	if err := json.Unmarshal([]byte(postern(t, "send", "gitlab", "--json").out), &one); err != nil || one.Source != "gitlab" || len(one.Events) < 5 {
		t.Errorf("got %+v, %v, want the events of gitlab as JSON", one, err)
	}
}

// TestSendKnowsThePluginsSources: a third party's program sends its own.
func TestSendKnowsThePluginsSources(t *testing.T) {
	t.Parallel()
	bell := plugin.Plugin{Key: "acme.bell", Sources: []source.Definition{{
		Name: "bell", Samples: fstest.MapFS{"samples/ring.txt": {Data: []byte("ring Somebody rings\nPOST\n\n{}")}},
	}}}
	var out bytes.Buffer
	p := &cli.Program{
		Name: "acme", Args: []string{"send", "bell"}, Plugins: []plugin.Plugin{bell}, Stdout: &out, Stderr: &out,
		Env: func(string) (string, bool) { return "", false },
	}
	if code := p.Main(t.Context()); code != 0 || out.String() != "ring  Somebody rings\n" {
		t.Errorf("got exit %d and %q, want its event", code, out.String())
	}
}

// cloud is signed with a key that only its owner has.
type cloud struct{ source.Source }

func (cloud) Verification(keys verify.Keys) (verify.Verifier, error) { return sns.New(keys), nil }

func TestSendCannotSignForWhoKeepsTheKey(t *testing.T) {
	t.Parallel()
	made := generic.Definition()
	inner := made.Build
	made.Name = "cloud"
	made.Build = func(decode func(any) error) (source.Source, error) {
		s, err := inner(decode)
		return cloud{s}, err
	}
	r := receive(t)
	send := func(args ...string) said {
		var out, errors bytes.Buffer
		p := &cli.Program{
			Name: "acme", Args: append([]string{"send", "cloud", "event", "--url", r.URL}, args...), Stdout: &out, Stderr: &errors,
			Plugins: []plugin.Plugin{{Key: "acme.cloud", Sources: []source.Definition{made}}},
			Env:     func(string) (string, bool) { return "", false },
		}
		return said{p.Main(t.Context()), out.String(), errors.String()}
	}
	const why = "acme: send: a message of SNS is signed with a key that only Amazon has; --unsigned sends it without; see \"acme send -h\"\n"
	for _, args := range [][]string{nil, {"--secret", "hunter2"}} {
		if got := send(args...); got.code != 2 || got.errors != why || got.out != "" {
			t.Errorf("%v: got %+v, want exit 2 and why", args, got)
		}
	}
	if got := send("--unsigned"); got.code != 0 || r.count() != 1 {
		t.Errorf("got %+v and %d requests, want it sent", got, r.count())
	}
}

func TestSendSignsAsTheSenderDoes(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := write(t, goodConfig)
	for name, c := range map[string]struct {
		args []string
		env  string
	}{
		"with the flag's secret":           {[]string{"--secret", "hunter2"}, ""},
		"with that of a file":              {[]string{"--secret", "file:" + key}, ""},
		"with the environment's":           {nil, "POSTERN_SECRET=hunter2"},
		"with the environment's file":      {nil, "POSTERN_SECRET=file:" + key},
		"with the endpoint's":              {[]string{"--config", good, "--webhook", "a.b/x"}, ""},
		"the flag's before the endpoint's": {[]string{"--config", write(t, strings.ReplaceAll(goodConfig, "secrets: [hunter2]", "secrets: [other]")), "--webhook", "a.b/x", "--secret", "hunter2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t)
			got := call(t, "postern", append([]string{"send", "github", "push", "--url", r.URL + "/hook?a=1"}, c.args...), c.env)
			if got.code != 0 || !strings.HasPrefix(got.out, "202 Accepted in ") ||
				!strings.Contains(got.out, "\n  job      7\n  status   "+r.URL+"/api/jobs/7\n") {
				t.Errorf("got %+v, want 202, the job and where to ask", got)
			}
			if strings.Contains(got.out+got.errors, "hunter2") {
				t.Errorf("got %+v, which shows the secret", got)
			}
			one := r.one(t)
			if one.method != http.MethodPost || one.query != "a=1" || one.header.Get("X-Github-Event") != "push" {
				t.Errorf("got %+v, want a push", one)
			}
			if want := signed("hunter2", one.body); one.header.Get("X-Hub-Signature-256") != want {
				t.Errorf("got the signature %q, want %q", one.header.Get("X-Hub-Signature-256"), want)
			}
		})
	}
}

// TestSendKnowsEventsThatHoldASlash: what stands behind one is a variant only
// where the event ends before it.
func TestSendKnowsEventsThatHoldASlash(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(file, []byte(`{"id":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for event, want := range map[string]string{
		"orders/create": "orders/create", "orders": "orders/cancelled", "orders/paid --payload " + file: "orders/paid",
	} {
		r := receive(t)
		args := append([]string{"send", "shopify", "--url", r.URL, "--secret", "k"}, strings.Fields(event)...)
		if got := postern(t, args...); got.code != 0 || r.one(t).header.Get("X-Shopify-Topic") != want {
			t.Errorf("%s: got %+v, %v, want the topic %s", event, got, r.one(t).header, want)
		}
	}
}

// A body of the operator's own comes under headers that fit it: of Slack's
// samples some are forms and some are JSON.
func TestABodyOfAnotherEventComesUnderFittingHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ event, body, kind string }{
		"JSON":   {"app_mention", `{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention","text":"hi","channel":"C1"}}`, "application/json"},
		"a form": {"slash_command.roll", "command=%2Froll&text=6&user_name=ada&channel_id=C1", "application/x-www-form-urlencoded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(file, []byte(c.body), 0o600); err != nil {
				t.Fatal(err)
			}
			r := receive(t)
			got := postern(t, "send", "slack", c.event, "--payload", file, "--secret", "k", "--url", r.URL)
			if got.code != 0 {
				t.Fatalf("got %+v", got)
			}
			if one := r.one(t); one.body != c.body || one.header.Get("Content-Type") != c.kind {
				t.Errorf("got %+v, want it as %s", one, c.kind)
			}
		})
	}
}

// The token of a path check is put where the config names it, also behind
// another host, and is shown nowhere.
func TestSendPutsTheTokenIntoThePath(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"of base_url": nil,
		"of --url":    {"--url", "/in/{secret}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t)
			path := write(t, "http: {base_url: '"+r.URL+"/'}\nplugins: {a.b: {webhooks: {\n"+
				"  '/in/{secret}': {verify: {type: path, param: secret, token: 'a b/c'}}}}}\n")
			call := []string{"send", "generic", "event", "--config", path, "--webhook", "a.b/in/{secret}"}
			if len(args) > 0 {
				call = append(call, args[0], r.URL+args[1])
			}
			got := postern(t, call...)
			if got.code != 0 || strings.Contains(got.out+got.errors, "a%20b") {
				t.Fatalf("got %+v", got)
			}
			if one := r.one(t); !strings.HasSuffix(one.path, "/in/a%20b%2Fc") {
				t.Errorf("got %+v, want the token in the path", one)
			}
		})
	}
}

func TestSendPutsTheOperatorsOwnInPlaceOfTheSamples(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(file, []byte("{\"action\":\"edited\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		event string
		args  []string
		want  func(arrival) bool
	}{
		"a body, signed": {"issues.edited", []string{"--payload", file, "--secret", "k"}, func(a arrival) bool {
			return a.body == "{\"action\":\"edited\"}\n" && a.header.Get("X-Github-Event") == "issues" &&
				a.header.Get("X-Hub-Signature-256") == signed("k", a.body) && a.header.Get("X-Github-Delivery") != ""
		}},
		"a body of an event without a sample": {"label", []string{"--payload", file, "--secret", "k"}, func(a arrival) bool {
			return a.header.Get("X-Github-Event") == "label"
		}},
		"standard input": {"push", []string{"--payload", "-", "--secret", "k"}, func(a arrival) bool { return a.body == `{"from":"stdin"}` }},
		"a header, several times": {
			"push",
			[]string{"--secret", "k", "--header", "x-github-delivery: mine", "--header", "X-A: 1", "--header", "X-A: 2:3"},
			func(a arrival) bool {
				return a.header.Get("X-Github-Delivery") == "mine" && strings.Join(a.header.Values("X-A"), " ") == "1 2:3"
			},
		},
		"a signature": {"push", []string{"--secret", "k", "--header", "X-Hub-Signature-256: wrong"}, func(a arrival) bool {
			return a.header.Get("X-Hub-Signature-256") == "wrong"
		}},
		"no signature": {"push", []string{"--unsigned"}, func(a arrival) bool { return a.header.Get("X-Hub-Signature-256") == "" }},
		"the first of a type": {"pull_request", []string{"--unsigned"}, func(a arrival) bool {
			return a.header.Get("X-Github-Event") == "pull_request"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t)
			var out, errors bytes.Buffer
			p := &cli.Program{
				Name: "postern", Args: append([]string{"send", "github", c.event, "--url", r.URL}, c.args...),
				Stdin: strings.NewReader(`{"from":"stdin"}`), Stdout: &out, Stderr: &errors,
				Env: func(string) (string, bool) { return "", false },
			}
			if code := p.Main(t.Context()); code != 0 {
				t.Fatalf("got exit %d, %q", code, errors.String())
			}
			if one := r.one(t); !c.want(one) {
				t.Errorf("got %+v", one)
			}
		})
	}
}

func TestSendManyAreNoDuplicatesUnlessAsked(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]int{"--count=5": 5, "--same-id": 1} {
		r := receive(t)
		if got := postern(t, "send", "github", "push", "--url", r.URL, "--unsigned", "--count", "5", flag); got.code != 0 || strings.Count(got.out, "202 Accepted") != 5 {
			t.Fatalf("got %+v, want five answers", got)
		}
		ids := map[string]bool{}
		for _, a := range r.all {
			ids[a.header.Get("X-Github-Delivery")] = true
		}
		if r.count() != 5 || len(ids) != want {
			t.Errorf("%s: got %d requests with %d delivery ids, want 5 with %d", flag, r.count(), len(ids), want)
		}
	}
}

func TestSendTellsWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		code   int
		want   []string
	}{
		"a problem": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"code":"signature_mismatch","detail":"it is\u001b[2J wrong"}`)
		}, 1, []string{"403 Forbidden in ", ": signature_mismatch\n  detail   it is[2J wrong\n"}},
		"a redirect, which is not followed": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, 1, []string{"307 Temporary Redirect", "\n  location http"}},
		"a duplicate": {func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"job_id":"7","duplicate":true,"spooled":true}`)
		}, 0, []string{", a duplicate, spooled\n  job      7\n"}},
		"something else": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "pong\n") }, 0, []string{"200 OK in ", "\n  body     pong\n"}},
		"nothing":        {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, 0, []string{"204 No Content in "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := receive(t)
			r.answer = c.answer
			got := postern(t, "send", "github", "push", "--url", r.URL, "--unsigned")
			for _, w := range c.want {
				if !strings.Contains(got.out, w) {
					t.Errorf("got %q, want %q in it", got.out, w)
				}
			}
			if got.code != c.code || (got.errors == "postern: 1 of 1 not accepted\n") != (c.code == 1) {
				t.Errorf("got exit %d and %q, want exit %d", got.code, got.errors, c.code)
			}
			r.one(t) // a redirect is not followed
			var said struct {
				Source, Event, URL string
				Status             int
			}
			asJSON := postern(t, "send", "github", "push", "--url", r.URL+"?token=hunter2", "--unsigned", "--json")
			if err := json.Unmarshal([]byte(asJSON.out), &said); err != nil || said.Source != "github" || said.URL != r.URL || said.Status == 0 {
				t.Errorf("got %+v, %v, want it as JSON, without the query", asJSON, err)
			}
		})
	}
}

func TestSendToNobodyIsAFailureThatShowsNoToken(t *testing.T) {
	t.Parallel()
	r := receive(t)
	r.Close()
	got := postern(t, "send", "github", "push", "--url", r.URL+"/?token=hunter2", "--unsigned")
	if got.code != 1 || !strings.HasPrefix(got.errors, "postern: post to 127.0.0.1:") || strings.Contains(got.errors, "hunter2") {
		t.Errorf("got %+v, want exit 1 and no token", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	silent := receive(t)
	silent.answer = func(http.ResponseWriter) { <-ctx.Done() }
	defer cancel()
	began := time.Now()
	got = postern(t, "send", "github", "push", "--url", silent.URL, "--unsigned", "--timeout", "50ms")
	if took := time.Since(began); got.code != 1 || !strings.Contains(got.errors, "deadline exceeded") || took > 20*time.Second {
		t.Errorf("got %+v after %v, want exit 1 in time", got, took)
	}
}

// TestADryRunIsALineForAShell: run by a real shell and a real curl it is the
// same request, whatever stands in it.
func TestADryRunIsALineForAShell(t *testing.T) {
	t.Parallel()
	r := receive(t)
	body := `{"it's":"a 'quoted' $(thing)` + "`x`\\n\"}"
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	got := postern(t, "send", "github", "push", "--url", r.URL+"/x?a=1&b=2", "--secret", "k", "--payload", file, "--dry-run")
	if got.code != 0 || !strings.HasPrefix(got.out, "curl -i -X POST 'http") || r.count() != 0 {
		t.Fatalf("got %+v and %d requests, want a curl line and none", got, r.count())
	}
	var said struct {
		Method, URL, Body string
		Headers           http.Header
	}
	asJSON := postern(t, "send", "github", "push", "--url", r.URL, "--secret", "k", "--payload", file, "--dry-run", "--json")
	if err := json.Unmarshal([]byte(asJSON.out), &said); err != nil || said.Body != body || said.Headers.Get("X-Hub-Signature-256") != signed("k", body) {
		t.Errorf("got %+v, %v, want it as JSON", asJSON, err)
	}
	for _, program := range []string{"sh", "curl"} {
		servertest.Find(t, program)
	}
	if out, err := exec.Command("sh", "-c", strings.Replace(got.out, "curl -i", "curl -sS --noproxy '*' -i", 1)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	one := r.one(t)
	if one.body != body || one.query != "a=1&b=2" || one.header.Get("X-Hub-Signature-256") != signed("k", body) {
		t.Errorf("got %+v", one)
	}
}

func TestAMistakeOfSendIsOneLineAndExit2(t *testing.T) {
	t.Parallel()
	good := write(t, goodConfig)
	other := write(t, "plugins: {a.b: {webhooks: {/x: {source: gitlab, secrets: [s]}, '/r/{id}': {verify: none}}}}")
	to := []string{"--url", "http://127.0.0.1:1/x"}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown source":            {[]string{"githup", "push"}, `unknown source "githup", did you mean github?`},
		"a source that none resembles": {[]string{"zzzzzzzz"}, `unknown source "zzzzzzzz", known are alertmanager, `},
		"an unknown event":             {append([]string{"github", "pusj"}, to...), `github has no sample of "pusj", did you mean push?`},
		"nowhere to go":                {[]string{"github", "push", "--secret", "s"}, `where to? --url URL, or --webhook PLUGIN/ENDPOINT`},
		"no address":                   {[]string{"github", "push", "--secret", "s", "--url", "localhost:8080"}, `--url: want http:// or https:// and a host`},
		"no secret":                    {append([]string{"github", "push"}, to...), `github signs what it sends: give --secret or POSTERN_SECRET, or --webhook; --unsigned sends it without`},
		"no private key":               {append([]string{"discord", "ping"}, to...), `discord signs what it sends: give its key with --secret`},
		"a private key of no form":     {append([]string{"discord", "ping", "--secret", "hunter2"}, to...), `an Ed25519 private key is 128 hex digits`},
		"a secret of no form":          {append([]string{"teams", "message", "--secret", "hunter2!"}, to...), `secrets: one of them is not base64`},
		"a secret for who signs not":   {append([]string{"alertmanager", "firing", "--secret", "hunter2"}, to...), `alertmanager does not say how it is signed`},
		"a secret file that is not":    {append([]string{"github", "push", "--secret", "file:/none/hunter2x"}, to...), `--secret: the secret file`},
		"signed and unsigned":          {append([]string{"github", "push", "--secret", "s", "--unsigned"}, to...), `one of --secret and --unsigned`},
		"none of them":                 {append([]string{"github", "push", "--secret", "s", "--count", "0"}, to...), `--count: want 1 to 10000`},
		"no time":                      {append([]string{"github", "push", "--secret", "s", "--timeout", "0s"}, to...), `--timeout: want more than nothing`},
		"a payload that is not":        {append([]string{"github", "push", "--secret", "s", "--payload", "none"}, to...), `read the payload: open none`},
		"no standard input":            {append([]string{"github", "push", "--secret", "s", "--payload", "-"}, to...), `read the payload: there is no standard input`},
		"no header":                    {append([]string{"github", "push", "--secret", "s", "--header", "X"}, to...), `the header "X" is not "Name: value"`},
		"one of another form":          {append([]string{"standard_webhooks", "user.created", "--secret", "hunter2!"}, to...), `secrets: one of them is not whsec_ and base64`},
		"an unknown endpoint":          {[]string{"github", "push", "--config", good, "--webhook", "a.b/y"}, `the config has no endpoint "a.b/y", did you mean a.b/x?`},
		"an endpoint of no form":       {[]string{"github", "push", "--config", good, "--webhook", "x"}, `"x" is not PLUGIN/ENDPOINT`},
		"another source's endpoint":    {[]string{"github", "push", "--config", other, "--webhook", "a.b/x"}, `a.b/x is an endpoint of the source gitlab, not of github`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := postern(t, append([]string{"send"}, c.args...)...)
			if got.code != 2 || got.out != "" || !strings.HasPrefix(got.errors, "postern: send: "+c.want) || strings.Count(got.errors, "\n") != 1 {
				t.Errorf("got %+v, want exit 2 and %q", got, c.want)
			}
			if strings.Contains(strings.ReplaceAll(got.errors, "hunter2x", ""), "hunter2") {
				t.Errorf("got %q, which shows a secret", got.errors)
			}
		})
	}
	if got := postern(t, "send", "github", "push", "--webhook", "a.b/x"); got.code != 2 || !strings.Contains(got.errors, "the demo's secrets are made anew") {
		t.Errorf("the demo: got %+v, want exit 2 and why", got)
	}
	if got := postern(t, "send", "github", "push", "--config", write(t, badConfig), "--webhook", "a.b/x"); got.code != 2 || !strings.Contains(got.errors, "locale") {
		t.Errorf("a bad config: got %+v, want exit 2 and its faults", got)
	}
}

// TestSendToAnEndpointSignsAsItVerifies, whatever its source: with its checks,
// at its address.
func TestSendToAnEndpointSignsAsItVerifies(t *testing.T) {
	t.Parallel()
	r := receive(t)
	path := write(t, "http: {base_url: '"+r.URL+"/'}\nplugins: {a.b: {webhooks: {\n"+
		"  '/device/{id}': {verify: [{type: query, param: key, token: t1}, {type: field, field: auth.token, token: t2}]}}}}\n")
	if got := postern(t, "send", "generic", "event", "--config", path, "--webhook", "a.b/device/7"); got.code != 0 {
		t.Fatalf("got %+v", got)
	}
	one := r.one(t)
	if one.query != "key=t1" || !strings.Contains(one.body, `"auth":{"token":"t2"}`) {
		t.Errorf("got %+v, want both tokens", one)
	}
}
