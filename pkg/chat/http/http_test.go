package http_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/http"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const token = "secret-bearer-token"

func hidden(pairs ...string) map[string]secret.Text {
	all := map[string]secret.Text{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = secret.New(pairs[i+1])
	}
	return all
}

// valid: a body must be JSON whatever a stranger wrote, and hold what was
// declared and no key more.
func valid(keys ...string) func(chattest.Call) error {
	return func(c chattest.Call) error {
		var m map[string]string
		if err := json.Unmarshal(c.Body, &m); err != nil {
			return err
		}
		if len(m) != len(keys) {
			return errors.New("a stranger added a key")
		}
		return nil
	}
}

func TestDefaultContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		ByStatus: true,
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return http.New(http.Config{
				URL: secret.New(base + "/in/secret-path?key=secret-query"), Headers: hidden("authorization", "Bearer "+token),
			}, tools)
		},
		Secrets: []string{token, "secret-path", "secret-query"},
		OK:      chattest.Answer{Status: nethttp.StatusNoContent},
		Inert:   valid("title", "text", "url", "severity"),
		Event:   true, Folder: "default", Update: *update,
	})
}

func TestTemplateContract(t *testing.T) {
	word := func(body string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Body: body}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return http.New(http.Config{
				URL: secret.New(base + "/robot"), Method: "PUT", Secrets: hidden("token", token),
				Body: secret.New(`{"msg": {{json (printf "[%s] %s" (upper .severity) (truncate 500 .text))}},
 "token": {{.secrets.token | json}}, "of": {{json .event.type}}, "id": {{json .notification_id}}}`),
				Success: http.Success{
					Match:      http.Match{Status: []int{200}, JSON: &http.Field{Path: "errcode", Equals: []string{"0"}}},
					MessageID:  "data.id",
					RetryAfter: &http.Wait{JSON: "wait", Unit: "ms"},
					Limited:    &http.Match{JSON: &http.Field{Path: "errcode", Equals: []string{"45009", "-2"}}},
					Gone:       &http.Match{JSON: &http.Field{Path: "errcode", Equals: []string{"93000"}}},
					Again:      &http.Match{JSON: &http.Field{Path: "errcode", Equals: []string{"-1"}}},
				},
			}, tools)
		},
		Secrets: []string{token},
		OK:      chattest.Answer{Body: `{"errcode":0,"data":{"id":42}}`}, Receipt: chat.Receipt{MessageID: "42"}, JSON: true, ByStatus: true,
		Inert: valid("msg", "token", "of", "id"),
		Answers: map[string]chattest.Refusal{
			"limited":            word(`{"errcode":45009,"wait":2500}`, retry.Advice{Kind: retry.Later, After: 2500 * time.Millisecond}),
			"limited, no time":   word(`{"errcode":-2}`, retry.Advice{Kind: retry.Later, After: 5 * time.Second}),
			"gone":               word(`{"errcode":93000,"errmsg":"invalid webhook url"}`, retry.Advice{Kind: retry.Hopeless, Broken: true}),
			"busy":               word(`{"errcode":-1}`, retry.Advice{}),
			"another code":       word(`{"errcode":40058,"errmsg":"too long"}`, retry.Advice{Kind: retry.Hopeless}),
			"the code is a text": word(`{"errcode":{"a":1}}`, retry.Advice{Kind: retry.Lost}),
			"429 with a time": {
				Answer: chattest.Answer{Status: 429, Body: `{"wait":"1500"}`}, Want: retry.Advice{Kind: retry.Later, After: 1500 * time.Millisecond},
			},
			"202 is not 200": {Answer: chattest.Answer{Status: 202, Body: `{"errcode":0}`}, Want: retry.Advice{Kind: retry.Hopeless}},
		},
		Event: true, Folder: "template", Update: *update,
	})
}

// request is what a Sender of a config makes of d.
func request(t *testing.T, c http.Config, d chat.Delivery) (*nethttp.Request, string, error) {
	t.Helper()
	var (
		got  *nethttp.Request
		body []byte
	)
	server := httptest.NewServer(nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	c.URL = secret.New(server.URL + "/in")
	s, err := http.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Send(t.Context(), d)
	return got, string(body), err
}

func delivery() chat.Delivery {
	return chat.Delivery{
		ID: "n-1", JobID: "j-1", Chat: "team", AcceptedAt: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC),
		Message: chat.Message{
			Title: `a "t"`, URL: "https://x/", Body: chat.Plain("b\nc"), Severity: webhook.Error, Footer: "f", Mentions: []string{"ops"},
			Fields: []webhook.Field{{Name: "n", Value: "v"}}, Links: []webhook.Link{{Text: "l", URL: "https://x/l"}},
		},
		Event: &webhook.Event{
			Source: "github", Type: "push", Labels: []string{"x", "y"}, Actor: webhook.Party{Name: "mona"},
			OccurredAt: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC),
		},
	}
}

func TestWhatATemplateSees(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"{{.title}}":                `a "t"`,
		"{{.text}}":                 "a \"t\"\nb\nc\nn: v\nl: https://x/l\nhttps://x/\nf",
		"{{.body}}":                 "b\nc",
		"{{.url}} {{.severity}}":    "https://x/ error",
		"{{.footer}} {{.mentions}}": "f [ops]",
		"{{range .fields}}{{.name}}={{.value}}{{end}}":                                          "n=v",
		"{{range .links}}{{.text}}={{.url}}{{end}}":                                             "l=https://x/l",
		"{{.chat}} {{.job_id}} {{.notification_id}} {{.accepted_at}}":                           "team j-1 n-1 2026-11-24T02:00:00Z",
		"{{.event.source}}.{{.event.type}} {{.event.actor.name}} {{.event.draft}}":              "github.push mona false",
		"{{.event.occurred_at}} {{join \",\" .event.labels}} {{len .event.paths}}":              "2026-11-24T01:00:00Z x,y 0",
		`{{truncate 3 .title}} {{upper "a"}}{{lower "B"}} {{json .event.labels}}`:               `a … Ab ["x","y"]`,
		`{{if eq .severity "error" "critical"}}!{{else}}.{{end}}{{with .event.branch}}x{{end}}`: "!",
		`{{inert "@all <!x> [CQ:at]"}}`:                                                         "@\u2060all <\u200b!x> [CQ\u200b:at]",
		`{{or .event.url "none"}} {{.secrets.token}}`:                                           "none " + token,
	}
	for template, want := range cases {
		c := http.Config{Body: secret.New(template), Headers: hidden("Content-Type", "text/plain"), Secrets: hidden("token", token)}
		if _, got, err := request(t, c, delivery()); err != nil || got != want {
			t.Errorf("%s gave %q, %v, want %q", template, got, err, want)
		}
	}
}

func TestWithoutAnEventItIsEmpty(t *testing.T) {
	t.Parallel()
	d := delivery()
	d.Event = nil
	c := http.Config{Body: secret.New(`{"a": {{json .event.actor.name}}, "t": {{json .event.occurred_at}}, "l": {{json .event.labels}}}`)}
	if _, got, err := request(t, c, d); err != nil || got != `{"a": "", "t": "", "l": []}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTheRequestIsAsWritten(t *testing.T) {
	t.Parallel()
	form := http.Config{
		Method: "PATCH", Headers: hidden("content-type", "application/x-www-form-urlencoded", "X-Key", "k"),
		Body: secret.New("text={{urlquery .title}}&n={{.severity | urlquery}}"),
	}
	r, body, err := request(t, form, delivery())
	if err != nil || r.Method != "PATCH" || r.Header.Get("X-Key") != "k" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("got %+v, %v", r, err)
	}
	values, err := url.ParseQuery(body)
	if diff := cmp.Diff(url.Values{"text": {`a "t"`}, "n": {"error"}}, values); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	r, body, err = request(t, http.Config{Method: "GET"}, delivery())
	if err != nil || r.Method != "GET" || body != "" || r.Header.Get("Content-Type") != "" {
		t.Errorf("a GET became %+v with %q, %v", r, body, err)
	}
}

// What a template does to one message and not to the samples is told when it is
// sent, and nothing is sent.
func TestABadBodyIsHopelessAndNotSent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ template, want string }{
		"no JSON":           {`{"a": {{if eq .event.type "push"}}oops{{else}}1{{end}}}`, "not the JSON"},
		"a name that isn't": {`{"a": {{if eq .event.type "push"}}{{json .event.pusher}}{{else}}1{{end}}}`, "pusher"},
		"too long":          {`{"a": {{if eq .event.type "push"}}{{json (printf "%300000s" "x")}}{{else}}1{{end}}}`, "longer than 256 KiB"},
	}
	for name, c := range cases {
		r, _, err := request(t, http.Config{Body: secret.New(c.template)}, delivery())
		if err == nil || retry.AdviceOn(err).Kind != retry.Hopeless || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it hopeless, with %q", name, err, c.want)
		}
		if r != nil {
			t.Errorf("%s: it was sent", name)
		}
	}
}

func TestALongTextFitsIntoTheDefaultBody(t *testing.T) {
	t.Parallel()
	d := delivery()
	d.Message.Body = chat.Plain(strings.Repeat("\"\u2028", 200_000))
	if _, body, err := request(t, http.Config{}, d); err != nil || !json.Valid([]byte(body)) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const address = "https://secret.example.com/"
	json := func(template string) http.Config { return http.Config{Body: secret.New(template)} }
	reads := func(s http.Success) http.Config { return http.Config{Success: s} }
	field := &http.Field{Path: "a", Equals: []string{"0"}}
	cases := map[string]struct {
		config http.Config
		want   string
	}{
		"no url":                     {http.Config{URL: secret.New("")}, "url is missing"},
		"another method":             {http.Config{Method: "post"}, "method is none of POST"},
		"a header of no name":        {http.Config{Headers: hidden("a b", "secret")}, "a name holds a character"},
		"a header of ours":           {http.Config{Headers: hidden("host", "secret")}, "Host is set by the request itself"},
		"a header twice":             {http.Config{Headers: hidden("x-a", "secret", "X-A", "secret")}, "X-A is written twice"},
		"an empty header":            {http.Config{Headers: hidden("X-A", " ")}, "X-A is empty"},
		"a header of two lines":      {http.Config{Headers: hidden("X-A", "secret\r\nX-B: c")}, "X-A holds a control character"},
		"an empty body":              {json(" "), "body is empty"},
		"a GET with a body":          {http.Config{Method: "GET", Body: secret.New("x")}, "a GET has none"},
		"no body and no JSON":        {http.Config{Headers: hidden("Content-Type", "text/plain")}, "body is missing"},
		"syntax":                     {json("{\"a\":\n {{json .title}"), "body:2: bad character"},
		"an unknown function":        {json(`{{env "SECRET"}}`), `body:1: function "env" not defined`},
		"an unknown name":            {json(`{"a": {{json .titel}}}`), `no entry for key "titel"`},
		"an unknown name of events":  {json(`{"a": {{json .event.pusher}}}`), `no entry for key "pusher"`},
		"an unknown secret":          {json(`{"a": {{json .secrets.token}}}`), `no entry for key "token"`},
		"no JSON":                    {json(`{"a": {{json .title}}`), "not the JSON"},
		"JSON in quotes":             {json(`{"a": "{{json .title}}"}`), "not the JSON"},
		"a value as it is":           {json(`{"a": "{{.title}}"}`), `body:1:9: a value is printed as it is; end it in json`},
		"a word of the template":     {json(`{"a": {{"secret"}}}`), "body:1:8: a value is printed as it is"},
		"as it is, in a branch":      {json(`{"a": {{if .url}}{{range .fields}}{{else}}{{printf "%q" .title}}{{end}}{{end}}1}`), "a value is printed as it is"},
		"as it is, in a template":    {json(`{{define "x"}}{{.}}{{end}}{"a": {{template "x" .title}}}`), "a value is printed as it is"},
		"as it is, in a form":        {http.Config{Body: secret.New("a={{.title}}"), Headers: hidden("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")}, "end it in urlquery"},
		"as it is, in XML":           {http.Config{Body: secret.New("<a>{{.title}}</a>"), Headers: hidden("Content-Type", "application/atom+xml")}, "end it in html"},
		"a status that cannot be":    {reads(http.Success{Match: http.Match{Status: []int{20}}}), "success: status: 20"},
		"no status at all":           {reads(http.Success{Match: http.Match{Status: []int{}}}), "success: status is empty"},
		"json without a path":        {reads(http.Success{Match: http.Match{JSON: &http.Field{Equals: []string{"0"}}}}), "json wants path and equals"},
		"json without a value":       {reads(http.Success{Gone: &http.Match{JSON: &http.Field{Path: "a"}}}), "success: gone: json wants path and equals"},
		"a refusal that is anything": {reads(http.Success{Again: &http.Match{}}), "again says nothing"},
		"a wait from nowhere":        {reads(http.Success{RetryAfter: &http.Wait{Unit: "s"}}), "retry_after: json is missing"},
		"a wait in minutes":          {reads(http.Success{Match: http.Match{JSON: field}, RetryAfter: &http.Wait{JSON: "a", Unit: "m"}}), "unit is neither s nor ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != "no url" {
				c.config.URL = secret.New(address)
			}
			_, err := http.New(c.config, chat.Tools{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("New: %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "secret") && !strings.Contains(c.want, "secret") && !strings.Contains(err.Error(), ".secrets.") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestSuccessIsWhatIsWritten(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		success http.Success
		status  int
		body    string
		ok      bool
	}{
		"any 2xx":                      {http.Success{}, 201, "", true},
		"a word":                       {http.Success{Match: http.Match{Contains: "ok"}}, 200, "all ok", true},
		"not the word":                 {http.Success{Match: http.Match{Contains: "ok"}}, 200, "no", false},
		"a status beside 2xx":          {http.Success{Match: http.Match{Status: []int{409}}}, 409, "", true},
		"a boolean":                    {http.Success{Match: http.Match{JSON: &http.Field{Path: "ok", Equals: []string{"true"}}}}, 200, `{"ok":true}`, true},
		"a text":                       {http.Success{Match: http.Match{JSON: &http.Field{Path: "r.0", Equals: []string{"done"}}}}, 200, `{"r":["done"]}`, true},
		"a position that is not there": {http.Success{Match: http.Match{JSON: &http.Field{Path: "r.1", Equals: []string{"done"}}}}, 200, `{"r":["done"]}`, false},
		"all that is written must":     {http.Success{Match: http.Match{Status: []int{200}, Contains: "ok"}}, 201, "ok", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			s, err := http.New(http.Config{URL: secret.New(server.URL), Success: c.success}, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Send(t.Context(), delivery()); (err == nil) != c.ok {
				t.Errorf("Send: %v, want success: %v", err, c.ok)
			}
		})
	}
}
