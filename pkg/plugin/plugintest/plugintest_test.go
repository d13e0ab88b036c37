package plugintest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/plugin/plugintest"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/github"
	"postern/pkg/verify"
	"postern/pkg/verify/none"
	"postern/pkg/webhook"
)

type settings struct {
	Token secret.Text   `yaml:"token"`
	Wait  time.Duration `yaml:"wait"`
	Names []string      `yaml:"names"`
	Inner struct {
		Count int `yaml:"count"`
	} `yaml:"inner"`
	Untagged string
}

func TestDecodeFillsByConfigNames(t *testing.T) {
	t.Parallel()
	var got settings
	err := plugintest.Decode(map[string]any{
		"token": "t", "wait": time.Second, "names": []string{"a", "b"}, "inner": map[string]any{"count": 2},
	}, &got)
	if err != nil {
		t.Fatalf("Decode: got %v, want no error", err)
	}
	if got.Token.Reveal() != "t" || got.Wait != time.Second || len(got.Names) != 2 || got.Inner.Count != 2 {
		t.Errorf("Decode: got %+v with token %q", got, got.Token.Reveal())
	}
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings map[string]any
		names    string
	}{
		"an unknown key":    {map[string]any{"tokens": "t"}, "tokens: unknown key"},
		"a Go name":         {map[string]any{"Untagged": "t"}, "Untagged: unknown key"},
		"no name":           {map[string]any{"": "t"}, "unknown key"},
		"an unknown inside": {map[string]any{"inner": map[string]any{"sum": 1}}, "inner: sum: unknown key"},
		"a wrong type":      {map[string]any{"names": "a"}, "names: "},
		"no value at all":   {map[string]any{"names": func() {}}, "names: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := plugintest.Decode(tt.settings, &settings{})
			if err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("Decode: got %v, want an error with %q", err, tt.names)
			}
		})
	}
}

// refusing is a Verifier that says the same to everybody.
type refusing struct{ err error }

func (r refusing) Verify(context.Context, *webhook.Request) error { return r.err }

func (refusing) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{"X-Token"}, Params: []string{"key", "other"}}
}

func TestReceiveAnswersAsTheReceiver(t *testing.T) {
	t.Parallel()
	accept := func(err error) func(*webhook.Request) (plugin.Acceptance, error) {
		return func(*webhook.Request) (plugin.Acceptance, error) { return plugin.Acceptance{Message: "yes"}, err }
	}
	respond := func(status int, err error) func(context.Context, *webhook.Request) (webhook.Response, error) {
		return func(context.Context, *webhook.Request) (webhook.Response, error) {
			return webhook.Plain(status, "hello"), err
		}
	}
	free := none.Verifier{}
	tests := map[string]struct {
		endpoint plugin.Endpoint
		event    string
		status   int
		code     string
	}{
		"accepted":              {plugin.Endpoint{Verify: free}, "", 202, ""},
		"accepted with more":    {plugin.Endpoint{Verify: free, Accept: accept(nil)}, "", 202, ""},
		"refused by Accept":     {plugin.Endpoint{Verify: free, Accept: accept(plugin.Forbidden("quota", "too many"))}, "", 403, "quota"},
		"broken Accept":         {plugin.Endpoint{Verify: free, Accept: accept(errors.New("x"))}, "", 500, ""},
		"answered":              {plugin.Endpoint{Verify: free, Respond: respond(418, nil)}, "", 418, ""},
		"answered by default":   {plugin.Endpoint{Verify: free, Respond: respond(0, nil)}, "", 200, ""},
		"refused by Respond":    {plugin.Endpoint{Verify: free, Respond: respond(0, plugin.Invalid("no"))}, "", 400, "invalid_payload"},
		"another method":        {plugin.Endpoint{Verify: free, Methods: []string{"GET"}}, "", 405, "method_not_allowed"},
		"no verification":       {plugin.Endpoint{}, "", 500, "secret_not_configured"},
		"missing signature":     {plugin.Endpoint{Verify: refusing{verify.Missing("x")}}, "", 400, "signature_missing"},
		"wrong signature":       {plugin.Endpoint{Verify: refusing{verify.Reject("x")}}, "", 403, "signature_mismatch"},
		"old signature":         {plugin.Endpoint{Verify: refusing{verify.OutOfRange(time.Hour, time.Minute)}}, "", 403, "timestamp_out_of_range"},
		"no key":                {plugin.Endpoint{Verify: refusing{verify.Unavailable(errors.New("x"))}}, "", 503, "key_unavailable"},
		"a handshake":           {plugin.Endpoint{Verify: free, Source: github.Source{}}, "ping", 200, ""},
		"an event":              {plugin.Endpoint{Verify: free, Source: github.Source{}}, "push", 202, ""},
		"no event":              {plugin.Endpoint{Verify: free, Source: github.Source{}}, "", 400, "invalid_payload"},
		"a body of its type":    {plugin.Endpoint{Verify: free, Types: plugin.Types{Body: plugin.TypeOf[struct{}]()}}, "", 202, ""},
		"a body of another one": {plugin.Endpoint{Verify: free, Types: plugin.Types{Body: plugin.TypeOf[[]string]()}}, "", 400, "invalid_payload"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{
				Method: http.MethodPost, Body: []byte(`{}`),
				Header: http.Header{"Content-Type": {"application/json"}, "X-Github-Event": {tt.event}},
			}
			got := plugintest.Receive(t.Context(), tt.endpoint, r)
			if got.Status != tt.status || got.Code != tt.code {
				t.Errorf("Receive: got %d %q, want %d %q", got.Status, got.Code, tt.status, tt.code)
			}
		})
	}
}

func TestJobSendsOncePerChatAndKey(t *testing.T) {
	t.Parallel()
	job := plugintest.NewJob(plugin.Endpoint{}, &webhook.Request{}, source.English)
	hello, bye := chat.Message{Title: "hello"}, chat.Message{Title: "bye"}
	for _, s := range []plugintest.Sent{
		{To: "team", Key: "a", Message: hello},
		{To: "team", Key: "a", Message: bye}, // the key counts, not the words
		{To: "dev", Key: "a", Message: hello},
		{To: "team", Key: "b", Message: hello},
		{To: "team", Message: hello},
		{To: "team", Message: hello}, // without a key the words are the key
		{To: "team", Message: bye},
		{To: "", Key: "a", Message: hello},
	} {
		if err := job.Send(t.Context(), s.To, s.Key, s.Message); err != nil {
			t.Fatalf("Send: got %v, want no error", err)
		}
	}
	var got []string
	for _, s := range job.Sent() {
		got = append(got, s.To+" "+s.Message.Title)
	}
	want := []string{"team hello", "dev hello", "team hello", "team hello", "team bye"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if len(job.Warnings()) != 1 {
		t.Errorf("warnings: got %v, want one for the empty chat", job.Warnings())
	}
}

func TestJobShowsNoCredentials(t *testing.T) {
	t.Parallel()
	r := &webhook.Request{Header: http.Header{
		"Authorization": {"Bearer t"}, "Cookie": {"c"}, "X-Token": {"t"}, "X-Other": {"o"},
	}, Params: map[string]string{"key": "t", "id": "7"}}
	job := plugintest.NewJob(plugin.Endpoint{Verify: refusing{}}, r, source.English)
	if diff := cmp.Diff(http.Header{"X-Other": {"o"}}, job.Request().Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"key": "***", "id": "7"}, job.Request().Params); diff != "" {
		t.Errorf("path parameters (-want +got):\n%s", diff)
	}
	if len(r.Header) != 4 || r.Params["key"] != "t" {
		t.Errorf("the request itself was changed: %v", r.Header)
	}
}

func TestJobEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	job := plugintest.NewJob(plugin.Endpoint{}, &webhook.Request{}, source.English)
	for name, err := range map[string]error{
		"Send":     job.Send(ended, "team", "", chat.Message{}),
		"Progress": job.Progress(ended, 1, ""),
		"Warn":     job.Warn(ended, "code", ""),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want the context's error", name, err)
		}
	}
}

func TestJobRefusesNonsense(t *testing.T) {
	t.Parallel()
	job := plugintest.NewJob(plugin.Endpoint{}, &webhook.Request{}, source.English)
	for name, err := range map[string]error{
		"less than nothing":      job.Progress(t.Context(), -1, ""),
		"more than all":          job.Progress(t.Context(), 101, ""),
		"a warning without code": job.Warn(t.Context(), "", "words"),
	} {
		if err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

func TestRunGivesTheStoredResult(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		result any
		err    error
		want   string
		fails  bool
	}{
		"an object":    {map[string]int{"a": 1}, nil, `{"a":1}`, false},
		"nothing":      {nil, nil, ``, false},
		"no JSON":      {func() {}, nil, ``, true},
		"too much":     {strings.Repeat("a", 64<<10), nil, ``, true},
		"only failure": {nil, errors.New("x"), ``, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := plugin.Endpoint{Handle: func(context.Context, plugin.Job) (any, error) { return tt.result, tt.err }}
			job := plugintest.NewJob(e, &webhook.Request{}, source.English)
			got, err := plugintest.Run(t.Context(), e, job)
			if string(got) != tt.want || (err != nil) != tt.fails {
				t.Errorf("Run: got %s, %v; want %s", got, err, tt.want)
			}
			if job.Attempt() != 1 {
				t.Errorf("Attempt: got %d, want 1", job.Attempt())
			}
		})
	}
}
