package github_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/github"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: github.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzGitHub(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := github.Definition()
	if d.Name != "github" || d.MaxBody != 25<<20 || !d.Duplicates {
		t.Errorf("Definition() = %+v, want github with 25 MiB and duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
	bad := errors.New("unknown key")
	if _, err := d.Build(func(any) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("Build with bad settings gave %v, want %v", err, bad)
	}
}

func TestPushReadsLineByLine(t *testing.T) {
	t.Parallel()
	const body = `{"ref":"refs/heads/main","repository":{"full_name":"acme/widgets"},"pusher":{"name":"mona"},
		"commits":[{"message":"first"},{"message":"second\n\nwith a body"}]}`
	tests := map[string]struct {
		locale source.Locale
		body   string
		want   string
	}{
		"english": {source.English, body, "📦 Push\nRepository: acme/widgets\nPusher: mona\nCommits: 2\nLatest commit: second"},
		"japanese": {
			source.Japanese, body,
			"📦 コードプッシュイベント\nリポジトリ: acme/widgets\nプッシャー: mona\nコミット: 2\n最新コミット: second",
		},
		"english, all missing": {source.English, `{}`, "📦 Push\nRepository: unknown\nPusher: unknown\nCommits: 0"},
		"japanese, all missing": {
			source.Japanese, `{}`,
			"📦 コードプッシュイベント\nリポジトリ: 不明なリポジトリ\nプッシャー: 不明なプッシャー\nコミット: 0",
		},
		"an unknown locale is english": {"xx", `{}`, "📦 Push\nRepository: unknown\nPusher: unknown\nCommits: 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := github.Source{}.Events(request("push", tt.body))
			if err != nil {
				t.Fatal(err)
			}
			m := github.Source{}.Message(events[0], tt.locale, source.Normal)
			lines := []string{m.Title}
			for _, f := range m.Fields {
				lines = append(lines, f.Name+": "+f.Value)
			}
			if diff := cmp.Diff(tt.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("push (-want +got):\n%s", diff)
			}
			if m.URL != "" || m.Body != nil || len(m.Links) > 0 || m.Footer != "" {
				t.Errorf("a normal push says more than its lines: %+v", m)
			}
		})
	}
}

func TestLocalizingLeavesTheEventAlone(t *testing.T) {
	t.Parallel()
	events, err := github.Source{}.Events(request("issues", `{"action":"closed","issue":{"number":1,"state_reason":"completed"}}`))
	if err != nil {
		t.Fatal(err)
	}
	github.Source{}.Message(events[0], source.Japanese, source.Full)
	want := []webhook.Field{{Name: "Reason", Value: "completed"}}
	if diff := cmp.Diff(want, events[0].Fields); diff != "" {
		t.Errorf("the event's fields changed (-want +got):\n%s", diff)
	}
}

func TestChallengeAnswersPingOnly(t *testing.T) {
	t.Parallel()
	answer, ok := github.Source{}.Challenge(request("ping", `{"zen":"x"}`))
	if want := `{"status":"ok","message":"pong"}`; !ok || answer.Status != http.StatusOK || string(answer.Body) != want {
		t.Errorf("ping: %v %d %s, want 200 %s", ok, answer.Status, answer.Body, want)
	}
	if answer, ok := (github.Source{}).Challenge(request("push", `{}`)); ok {
		t.Errorf("push was answered at once with %s", answer.Body)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const key = "It's a Secret to Everybody"
	body := []byte("Hello, World!")
	strong := hmac.New(sha256.New, []byte(key))
	strong.Write(body)
	weak := hmac.New(sha1.New, []byte(key))
	weak.Write(body)
	signature := "sha256=" + hex.EncodeToString(strong.Sum(nil))
	if want := "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"; signature != want {
		t.Fatalf("the published vector: got %s, want %s", signature, want)
	}
	sha1Only := "sha1=" + hex.EncodeToString(weak.Sum(nil))
	keys := []secret.Text{secret.New("an older one"), secret.New(key)}
	tests := map[string]struct {
		secrets []secret.Text
		header  http.Header
		body    []byte
		want    error
	}{
		"genuine":           {keys, http.Header{"X-Hub-Signature-256": {signature}}, body, nil},
		"changed body":      {keys, http.Header{"X-Hub-Signature-256": {signature}}, []byte("Hello, World?"), verify.ErrRejected},
		"empty signature":   {keys, http.Header{"X-Hub-Signature-256": {"sha256="}}, body, verify.ErrRejected},
		"none":              {keys, http.Header{}, body, verify.ErrMissing},
		"SHA-1 alone":       {keys, http.Header{"X-Hub-Signature": {sha1Only}}, body, verify.ErrMissing},
		"SHA-1 in disguise": {keys, http.Header{"X-Hub-Signature-256": {sha1Only}}, body, verify.ErrRejected},
		"no secret":         {nil, http.Header{"X-Hub-Signature-256": {signature}}, body, verify.ErrNotConfigured},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := github.Source{}.Verification(verify.Keys{Secrets: tt.secrets})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: tt.header, Body: tt.body})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRefusalsNameTheirCause(t *testing.T) {
	t.Parallel()
	_, err := github.Source{}.Identify(request("", `{}`))
	if !errors.Is(err, webhook.ErrPayload) || !strings.Contains(err.Error(), "the X-GitHub-Event header is missing") {
		t.Errorf("got %v, want invalid payload that names the header", err)
	}
}

// A long payload costs about what decoding it costs, whatever is in it.
func TestLongTextsAreCutShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("語", 1<<20)
	var body bytes.Buffer
	body.WriteString(`{"action":"opened","repository":{"full_name":"` + long + `"},"sender":{"login":"` + long + `"},` +
		`"issue":{"number":1,"title":"` + long + `","body":"` + long + `","html_url":"https://x.example/` + long + `"}}`)
	events, err := github.Source{}.Events(request("issues", body.String()))
	if err != nil {
		t.Fatal(err)
	}
	m := github.Source{}.Message(events[0], source.English, source.Full)
	size := len(m.Title) + len(m.URL)
	for _, span := range m.Body {
		size += len(span.Text)
	}
	if limit := 8 << 10; size > limit {
		t.Errorf("the message has %d bytes, want %d at most", size, limit)
	}
}

func request(event, body string) *webhook.Request {
	r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	if event != "" {
		r.Header.Set("X-GitHub-Event", event)
	}
	return r
}

// The notes of a release are written to be read, so more of them is told than
// of what somebody says about an issue.
func TestReleaseNotesAreToldAtLength(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("語", 1000)
	for event, want := range map[string]int{"release": source.MaxNotes, "issues": source.MaxExcerpt} {
		body := `{"action":"published","release":{"body":"` + long + `"},"issue":{"body":"` + long + `"}}`
		if event == "issues" {
			body = strings.Replace(body, "published", "opened", 1)
		}
		events, err := github.Source{}.Events(request(event, body))
		if err != nil {
			t.Fatal(err)
		}
		if got := utf8.RuneCountInString(events[0].Body); got != want {
			t.Errorf("%s: %d characters are told, want %d", event, got, want)
		}
	}
}

func TestCategoriesOfDiscussions(t *testing.T) {
	t.Parallel()
	for category, want := range map[string]string{
		`{"emoji":":pray:","name":"Q&A"}`:            "🙏 Q&A",
		`{"emoji":":flying_saucer:","name":"Other"}`: "Other",
		`{"emoji":":mega:"}`:                         "📣",
	} {
		events, err := github.Source{}.Events(request("discussion", `{"action":"created","discussion":{"category":`+category+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		if f := events[0].Fields; len(f) != 1 || f[0].Value != want {
			t.Errorf("%s: fields %v, want the category %s", category, f, want)
		}
	}
}
