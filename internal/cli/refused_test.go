package cli_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const someID = "0199aa00-0000-7000-8000-000000000000"

func TestARefusalSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status       int
		code, detail string
		header       http.Header
		exit         int
		want         string
	}{
		"api off":       {403, "api_not_configured", "x", nil, 1, "api_not_configured: URL has no api.tokens in its config: put one there, and into POSTERN_API_TOKEN here"},
		"scope":         {403, "scope_missing", "This token lacks the scope operate.", nil, 1, "scope_missing: This token lacks the scope operate. Give POSTERN_API_TOKEN one that has it"},
		"conflict":      {409, "not_retryable", "Only a job that failed can be run again.", nil, 1, "not_retryable: Only a job that failed can be run again"},
		"query":         {400, "invalid_query", "The query is not understood: state: x is none.", nil, 2, "The query is not understood: state: x is none."},
		"store away":    {503, "queue_unavailable", "The store cannot be asked now.", http.Header{"Retry-After": {"10"}}, 1, "queue_unavailable: The store cannot be asked now. Try again in 10s"},
		"too many":      {429, "too_many_requests", "Too many.", http.Header{"Retry-After": {"60"}}, 1, "too_many_requests: Too many. Try again in 1m0s"},
		"another's 404": {404, "", "", nil, 1, "URL answers 404 Not Found, which is not what Postern says; another is asked with --url or POSTERN_URL"},
		"a proxy's 502": {502, "", "", nil, 1, "URL answers 502 Bad Gateway, which is not what Postern says; another is asked with --url or POSTERN_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := "{}"
			if c.code != "" {
				body = `{"code":"` + c.code + `","detail":"` + c.detail + `"}`
			}
			s := serve(t, map[string][]answer{"POST /api/jobs/" + someID + "/retry": {{c.status, body, c.header}}})
			got := remoteCall{}.run(t.Context(), s.URL, "jobs", "retry", someID)
			if want := (said{c.exit, "", "postern: " + c.want + "\n"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestTheTokenIsNeverOnTheCommandLine(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]answer{"GET /api/jobs?limit=50": {{200, `{"jobs":[],"next_cursor":""}`, nil}}})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(apiToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := map[string]string{"POSTERN_API_TOKEN": ""}
	for name, c := range map[string]struct {
		call remoteCall
		args []string
		code int
		want string
	}{
		"a file":           {remoteCall{env: none}, []string{"--token", "file:" + file}, 0, ""},
		"a file, named":    {remoteCall{env: map[string]string{"POSTERN_API_TOKEN": "file:" + file}}, nil, 0, ""},
		"no token":         {remoteCall{env: none}, nil, 1, "postern: unauthorized: set POSTERN_API_TOKEN to one of api.tokens in the config of URL, or name a file with --token file:/path\n"},
		"a wrong token":    {remoteCall{env: map[string]string{"POSTERN_API_TOKEN": "guessed-wrong"}}, nil, 1, "postern: unauthorized: the token of POSTERN_API_TOKEN is none of api.tokens in the config of URL\n"},
		"the token itself": {remoteCall{}, []string{"--token", apiToken}, 2, "postern: jobs list: --token takes file:/path, never the token itself: others on this machine can read a command line; POSTERN_API_TOKEN may hold it; see \"postern jobs list -h\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.call.run(t.Context(), s.URL, append([]string{"jobs", "list"}, c.args...)...)
			if got.code != c.code || got.errors != c.want {
				t.Errorf("got %+v, want exit %d and %q", got, c.code, c.want)
			}
			if strings.Contains(got.errors+got.out, apiToken) || strings.Contains(got.errors, "guessed-wrong") {
				t.Errorf("got %+v, which shows a token", got)
			}
		})
	}
}

func TestNobodyAnswersThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	config := write(t, "http: {base_url: '"+url+"'}\nchats: {team: nowhere-x}\n") // with a fault of its own
	for name, c := range map[string]struct {
		call remoteCall
		args []string
		from string
	}{
		"by the flag":     {remoteCall{env: map[string]string{"POSTERN_URL": "http://127.0.0.1:1"}}, []string{"--url", url}, "--url"},
		"by the variable": {remoteCall{}, nil, "POSTERN_URL"},
		"by the config":   {remoteCall{env: map[string]string{"POSTERN_URL": ""}}, []string{"--config", config}, "http.base_url of " + config},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.call.run(t.Context(), url, append([]string{"workers"}, c.args...)...)
			if got.code != 1 || !strings.HasPrefix(got.errors, "postern: no answer from URL (by "+c.from+"): ") ||
				!strings.HasSuffix(got.errors, "connection refused; is it running? Another is asked with --url or POSTERN_URL\n") {
				t.Errorf("got %+v, want what was tried", got)
			}
		})
	}
}

func TestAMistakeOfTheOperatorsCommands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"jobs brew":                       `unknown command "jobs brew"; "postern help jobs" lists them`,
		"jobs show":                       `jobs show: ID is missing; see "postern jobs show -h"`,
		"jobs list --limit 0":             `jobs list: --limit: want 1 or more; see "postern jobs list -h"`,
		"jobs list --since soon":          `jobs list: invalid value "soon" for flag -since: want a time of RFC 3339, or a duration such as 2h or 7d; see "postern jobs list -h"`,
		"jobs retry":                      `jobs retry: name an ID, or which are meant with filters such as --state dead; see "postern jobs retry -h"`,
		"jobs retry x --state dead":       `jobs retry: one of ID and filters; see "postern jobs retry -h"`,
		"jobs watch x --state dead":       `jobs watch: one of ID and filters; see "postern jobs watch -h"`,
		"jobs --url ftp://x":              `jobs list: --url: want http:// or https:// and a host, without user and query; see "postern jobs list -h"`,
		"webhooks disable github":         `webhooks disable: "github" is not PLUGIN/ENDPOINT, such as acme.repos/github; see "postern webhooks disable -h"`,
		"jobs list --token file:/nowhere": `jobs list: --token: `,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := postern(t, strings.Fields(line)...)
			if got.code != 2 || got.out != "" || !strings.HasPrefix(got.errors, "postern: "+want) {
				t.Errorf("got %+v, want exit 2 and %q", got, want)
			}
		})
	}
}

func TestHelpOfAGroup(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"help jobs", "jobs -h", "jobs help"} {
		got := postern(t, strings.Fields(line)...)
		if got.code != 0 || !strings.HasPrefix(got.out, "usage: postern jobs COMMAND") || !strings.Contains(got.out, "  watch [ID]  ") {
			t.Errorf("%s: got %+v, want its commands", line, got)
		}
	}
	got := postern(t, "help", "jobs", "retry")
	if got.code != 0 || !strings.HasPrefix(got.out, "usage: postern jobs retry [FLAGS] [ID]\n") || !strings.Contains(got.out, "--state STATE") {
		t.Errorf("got %+v, want its flags", got)
	}
}

func TestManyAreRunAgainPageByPage(t *testing.T) {
	t.Parallel()
	list := `{"jobs":[{"id":"a"},{"id":"b"}],"next_cursor":""}`
	answers := func() map[string][]answer {
		return map[string][]answer{
			"GET /api/jobs?limit=200&state=dead":           {{200, list, nil}},
			"POST /api/jobs/retry?state=dead":              {{200, `{"count":1000,"skipped":2,"next_cursor":"c"}`, nil}},
			"POST /api/jobs/retry?cursor=c&state=dead":     {{200, `{"count":7,"skipped":0,"next_cursor":""}`, nil}},
			"POST /api/jobs/replay?plugin=p":               {{200, `{"count":3,"skipped":0,"next_cursor":"d"}`, nil}},
			"POST /api/jobs/replay?cursor=d&plugin=p":      {{503, `{"code":"queue_unavailable","detail":"The store cannot be asked now."}`, http.Header{"Retry-After": {"10"}}}},
			"POST /api/jobs/replay?cursor=never&plugin=pp": nil,
		}
	}
	const counting = "\r1000 retried, 2 skipped ...\r1007 retried, 2 skipped ..."
	for name, c := range map[string]struct {
		call  remoteCall
		line  string
		want  said
		posts int
	}{
		"yes was said":      {remoteCall{}, "jobs retry --state dead --yes", said{0, "1007 retried, 2 skipped\n", ""}, 2},
		"on a terminal":     {remoteCall{width: 80}, "jobs retry --state dead --yes", said{0, "1007 retried, 2 skipped\n", counting + "\r\x1b[K"}, 2},
		"as JSON":           {remoteCall{width: 80}, "jobs retry --state dead --yes --json", said{0, `{"count":1007,"skipped":2}` + "\n", ""}, 2},
		"yes was answered":  {remoteCall{stdin: strings.NewReader("y\n")}, "jobs retry --state dead", said{0, "1007 retried, 2 skipped\n", "Retry 2 jobs at URL? [y/N] "}, 2},
		"no was answered":   {remoteCall{stdin: strings.NewReader("\n")}, "jobs retry --state dead", said{0, "nothing is done\n", "Retry 2 jobs at URL? [y/N] "}, 0},
		"nobody is there":   {remoteCall{}, "jobs retry --state dead", said{2, "", "postern: jobs retry: 2 jobs would be retried: say --yes, for nobody can be asked here; see \"postern jobs retry -h\"\n"}, 0},
		"it breaks between": {remoteCall{}, "jobs replay --plugin p --yes", said{1, "", "postern: 3 replayed, 0 skipped, then: queue_unavailable: The store cannot be asked now. Try again in 10s\npostern: next: the same command with --cursor d\n"}, 2},
		"it goes on":        {remoteCall{}, "jobs retry --state dead --cursor c --yes", said{0, "7 retried, 0 skipped\n", ""}, 1},
		"it is to go on":    {remoteCall{stdin: strings.NewReader("y\n")}, "jobs retry --state dead --cursor c", said{0, "7 retried, 0 skipped\n", "Retry the jobs that are left at URL? [y/N] "}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers())
			if got := c.call.run(t.Context(), s.URL, strings.Fields(c.line)...); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			posts := slices.DeleteFunc(s.called(), func(call string) bool { return !strings.HasPrefix(call, "POST") })
			if len(posts) != c.posts {
				t.Errorf("got %v, want %d changes", posts, c.posts)
			}
		})
	}
}

func TestAPayloadDoesNotMoveTheCursor(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]answer{"GET /api/jobs/x/payload": {{200, "a\x1b[2Jb", nil}}})
	for width, want := range map[int]string{0: "a\x1b[2Jb", 80: "a[2Jb\n"} {
		if got := (remoteCall{width: width}).run(t.Context(), s.URL, "jobs", "payload", "x"); got.code != 0 || got.out != want {
			t.Errorf("width %d: got %+v, want %q", width, got, want)
		}
	}
	got := remoteCall{}.run(t.Context(), s.URL, "jobs", "payload", "x", "--json")
	if got.out != `{"body":"YRtbMkpi","job_id":"x"}`+"\n" {
		t.Errorf("got %+v, want it in base64", got)
	}
}

// events is a stream of a job's states, and its end.
func events(states ...string) string {
	var b strings.Builder
	for _, s := range states {
		b.WriteString("event: job\nid: " + s + "\ndata: {\"id\":\"x\"," + s + "}\n\n")
	}
	return b.String() + "event: end\ndata: {\"reason\":\"finished\"}\n\n"
}

func TestWatchingAJobEndsAsTheJobDoes(t *testing.T) {
	t.Parallel()
	const done = `"finished_at":"2026-11-24T02:00:00Z"`
	for name, c := range map[string]struct {
		end  string
		want said
	}{
		"delivered": {`"state":"succeeded","delivery":"delivered",` + done, said{0, "succeeded/delivered", ""}},
		"none":      {`"state":"succeeded","delivery":"none",` + done, said{0, "succeeded/none", ""}},
		"partial":   {`"state":"succeeded","delivery":"partial",` + done, said{1, "succeeded/partial", "postern: x: delivery partial; see \"postern jobs show x\"\n"}},
		"failed":    {`"state":"succeeded","delivery":"failed",` + done, said{1, "succeeded/failed", "postern: x: delivery failed; see \"postern jobs show x\"\n"}},
		"dead":      {`"state":"dead","delivery":"none",` + done, said{1, "dead/none", "postern: x: dead; see \"postern jobs show x\"\n"}},
		"canceled":  {`"state":"canceled","delivery":"none",` + done, said{1, "canceled/none", "postern: x: canceled; see \"postern jobs show x\"\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string][]answer{"GET /api/jobs/x/events": {{200, events(`"state":"queued","delivery":"pending"`, c.end), nil}}})
			got := remoteCall{}.run(t.Context(), s.URL, "jobs", "watch", "x")
			rows := strings.Split(strings.TrimSpace(got.out), "\n")
			if got.code != c.want.code || got.errors != c.want.errors || len(rows) != 2 ||
				!strings.Contains(rows[0], "  x  queued/pending") || !strings.Contains(rows[1], "  x  "+c.want.out) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestWatchingFollowsWhatIsNewAndOpen: what there was before is not told, what
// changes is, and the end by the operator is no failure.
func TestWatchingFollowsWhatIsNewAndOpen(t *testing.T) {
	t.Parallel()
	row := func(id, at, state string) string {
		j := `{"id":"` + id + `","accepted_at":"2026-11-24T02:00:` + at + `Z",` + state
		return j + `}`
	}
	const open, over = `"state":"queued","delivery":"pending"`, `"state":"succeeded","delivery":"delivered","finished_at":"2026-11-24T02:01:00Z"`
	list := func(rows ...string) string {
		return `{"jobs":[` + strings.Join(rows, ",") + `],"next_cursor":""}`
	}
	old, was := row("old", "10", over), row("was-open", "11", open)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := serve(t, map[string][]answer{
		"GET /api/jobs?limit=1": {{200, list(was), nil}},
		"GET /api/jobs?limit=200&since=2026-11-24T02%3A00%3A01Z": {
			{200, list(was, old), nil}, {200, list(row("new", "12", open), was, old), nil},
		},
		"GET /api/jobs?limit=200&since=2026-11-24T02%3A00%3A02Z": {{200, list(row("new", "12", over)), nil}},
		"GET /api/jobs/was-open":                                 {{200, row("was-open", "11", over), nil}},
		"GET /api/jobs/new":                                      {{200, row("new", "12", over), nil}},
	})
	out := &until{want: "new  succeeded/delivered", then: stop}
	p := program(out, s.URL, "jobs", "watch")
	if code := p.Main(ctx); code != 0 {
		t.Errorf("got exit %d, want 0", code)
	}
	got := out.String()
	for _, want := range []string{"was-open  succeeded/delivered", "new  queued/pending", "new  succeeded/delivered"} {
		if strings.Count(got, want) != 1 {
			t.Errorf("got %s\nwant %q in it, once", got, want)
		}
	}
	if strings.Contains(got, "old") {
		t.Errorf("got %s\nwant nothing of what was over before", got)
	}
}

// TestWatchingOutlastsAServerThatIsAway: it says so once, and goes on.
func TestWatchingOutlastsAServerThatIsAway(t *testing.T) {
	t.Parallel()
	const none = `{"jobs":[],"next_cursor":""}`
	away := answer{503, `{"code":"queue_unavailable","detail":"The store cannot be asked now."}`, http.Header{"Retry-After": {"0"}}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := serve(t, map[string][]answer{
		"GET /api/jobs?limit=1": {{200, none, nil}},
		"GET /api/jobs?limit=200": {
			away, away, {200, `{"jobs":[{"id":"back","state":"dead","delivery":"none","finished_at":"2026-11-24T02:00:00Z"}],"next_cursor":""}`, nil},
		},
	})
	out := &until{want: "back  dead/none", then: stop}
	var errors bytes.Buffer
	p := program(out, s.URL, "jobs", "watch")
	p.Stderr = &errors
	if code := p.Main(ctx); code != 0 {
		t.Errorf("got exit %d, want 0", code)
	}
	if got := errors.String(); strings.Count(got, "still watching") != 1 {
		t.Errorf("got %q, want it told once", got)
	}
}
