package gitea_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/gitea"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: gitea.New("gitea", "X-Gitea-")} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzGitea(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := gitea.Definition()
	if d.Name != "gitea" || d.MaxBody != 25<<20 || !d.Duplicates {
		t.Errorf("got %+v, want gitea with 25 MiB and duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

// A vector that holds for every kin of Gitea: the signature is
// over the JSON, wherever that lies.
const (
	key       = "test-secret"
	payload   = `{"hello":"wörld"}`
	signature = "8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"
)

func TestVerification(t *testing.T) {
	t.Parallel()
	form := "payload=" + url.QueryEscape(payload)
	keys := []secret.Text{secret.New("an older one"), secret.New(key)}
	for name, c := range map[string]struct {
		secrets   []secret.Text
		header    string
		signature string
		form      bool
		body      string
		want      error
	}{
		"genuine JSON":             {keys, "X-Gitea-Signature", signature, false, payload, nil},
		"genuine form":             {keys, "X-Gitea-Signature", signature, true, form, nil},
		"changed JSON":             {keys, "X-Gitea-Signature", signature, false, `{"hello":"world"}`, verify.ErrRejected},
		"changed form":             {keys, "X-Gitea-Signature", signature, true, form + "x", verify.ErrRejected},
		"a field beside it":        {keys, "X-Gitea-Signature", signature, true, form + "&x=1", verify.ErrRejected},
		"a form signed as a whole": {keys, "X-Gitea-Signature", sign(form), true, form, verify.ErrRejected},
		"sent without a secret":    {keys, "X-Gitea-Signature", "", false, payload, verify.ErrMissing},
		"none":                     {keys, "X-Other", "", false, payload, verify.ErrMissing},
		"under GitHub's name":      {keys, "X-Hub-Signature-256", "sha256=" + signature, false, payload, verify.ErrMissing},
		"no hex":                   {keys, "X-Gitea-Signature", "sha256=" + signature, false, payload, verify.ErrRejected},
		"no secret":                {nil, "X-Gitea-Signature", signature, false, payload, verify.ErrNotConfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("push", c.body)
			r.Header.Set(c.header, c.signature)
			if c.form {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if got := check(t, c.secrets, r); !errors.Is(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAGetIsSignedOverThePayloadInItsQuery(t *testing.T) {
	t.Parallel()
	genuine := "payload=" + url.QueryEscape(payload)
	for name, c := range map[string]struct {
		query, signature string
		body             string
		want             error
	}{
		"genuine":                      {genuine, signature, "", nil},
		"beside a token of the hook's": {"key=1&" + genuine, signature, "", nil},
		"changed":                      {genuine + "x", signature, "", verify.ErrRejected},
		"given twice":                  {genuine + "&" + genuine, signature, "", verify.ErrRejected},
		"a second one in front":        {"payload=%7B%7D&" + genuine, signature, "", verify.ErrRejected},
		"a second one out of form":     {genuine + "&payload=%zz", signature, "", verify.ErrRejected},
		"none":                         {"", signature, "", verify.ErrRejected},
		"the empty body is signed":     {genuine, sign(""), "", verify.ErrRejected},
		"beside a body that is signed": {"payload=%7B%7D", signature, payload, nil},
		"beside a body that is not":    {genuine, signature, "{}", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("push", c.body)
			r.Method, r.RawQuery = http.MethodGet, c.query
			r.Header.Set("X-Gitea-Signature", c.signature)
			if got := check(t, []secret.Text{secret.New(key)}, r); !errors.Is(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Nothing is believed that is not signed: a query beside a body is not read.
func TestAGetIsReadWhereItIsSigned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ method, body, want string }{
		"a GET without a body": {http.MethodGet, "", "queried"},
		"a GET with a body":    {http.MethodGet, `{"action":"sent"}`, "sent"},
		"a POST":               {http.MethodPost, `{"action":"sent"}`, "sent"},
		"a POST without one":   {http.MethodPost, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("issues", c.body)
			r.Method, r.RawQuery = c.method, "payload="+url.QueryEscape(`{"action":"queried"}`)
			id, err := gitea.New("gitea", "X-Gitea-").Identify(r)
			if id.Action != c.want || (err != nil) != (c.want == "") {
				t.Errorf("got %q and %v, want %q", id.Action, err, c.want)
			}
		})
	}
}

func TestEverySignatureIsACredential(t *testing.T) {
	t.Parallel()
	v, err := gitea.New("forgejo", "X-Forgejo-").Verification(verify.Keys{Secrets: []secret.Text{secret.New(key)}})
	if err != nil {
		t.Fatal(err)
	}
	got := v.Credentials().Headers
	for _, want := range []string{"X-Forgejo-Signature", "X-Gitea-Signature", "X-Gogs-Signature", "X-Hub-Signature", "X-Hub-Signature-256"} {
		if !slices.Contains(got, want) {
			t.Errorf("got %v, want %s among them", got, want)
		}
	}
}

func TestOnlyATestIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event, body string
		want        bool
	}{
		"the same commit twice":   {"push", `{"before":"abc","after":"abc"}`, true},
		"a push that moves":       {"push", `{"before":"abc","after":"abd"}`, false},
		"a push without commits":  {"push", `{}`, false},
		"another event":           {"issues", `{"before":"abc","after":"abc"}`, false},
		"what cannot be read":     {"push", `{`, false},
		"what says no event":      {"", `{"before":"abc","after":"abc"}`, false},
		"ids of another kind":     {"push", `{"before":[],"after":[]}`, false},
		"an empty repository too": {"push", `{"before":"0000","after":"0000"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, got := gitea.New("gitea", "X-Gitea-").Challenge(request(c.event, c.body))
			if got != c.want || got && answer.Status != http.StatusOK {
				t.Errorf("got %v with %d, want %v with 200", got, answer.Status, c.want)
			}
		})
	}
}

func TestPushReadsLineByLine(t *testing.T) {
	t.Parallel()
	events, err := gitea.New("gitea", "X-Gitea-").Events(request("push", `{"ref":"refs/heads/main","before":"1a","after":"2b",
		"commits":[{"id":"2b","message":"second\n\nbody"},{"id":"1b","message":"first"}],
		"repository":{"full_name":"acme/widgets"},"pusher":{"login":"mona"}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := gitea.New("gitea", "X-Gitea-").Message(events[0], source.English, source.Normal)
	lines := []string{m.Title}
	for _, f := range m.Fields {
		lines = append(lines, f.Name+": "+f.Value)
	}
	want := "📦 Push\nRepository: acme/widgets\nPusher: mona\nCommits: 2\nLatest commit: second"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func check(t *testing.T, secrets []secret.Text, r *webhook.Request) error {
	t.Helper()
	v, err := gitea.New("gitea", "X-Gitea-").Verification(verify.Keys{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(t.Context(), r)
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func request(event, body string) *webhook.Request {
	r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	if event != "" {
		r.Header.Set("X-Gitea-Event", event)
	}
	return r
}
