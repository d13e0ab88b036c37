package rejections_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/job"
	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/hmac"
	"postern/pkg/verify/query"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// Secrets of the endpoints below. None of them may stand in a cause.
const (
	githubSecret = "the-secret-of-github"
	gitlabToken  = "the-token-of-gitlab"
	otherSecret  = "the-secret-of-another"
)

// book is a store in memory that counts the writes.
type book struct {
	mu     sync.Mutex
	rows   []job.Rejection
	writes int
	err    error
}

func (b *book) AddRejections(_ context.Context, rows []job.Rejection) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writes++
	if b.err == nil {
		b.rows = append(b.rows, rows...)
	}
	return b.err
}

func (b *book) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *book) kept() ([]job.Rejection, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rows, b.writes
}

// house is a keeper with all that it needs. It must be used in a bubble.
type house struct {
	*rejections.Keeper
	book *book
	log  *bytes.Buffer // read when the keeper is stopped
	stop func()
}

func newHouse(t *testing.T, endpoints ...*routing.Endpoint) *house {
	t.Helper()
	h := &house{book: &book{}, log: &bytes.Buffer{}}
	h.Keeper = rejections.New(rejections.Options{
		Store: h.book, Endpoints: func() []*routing.Endpoint { return endpoints },
		Marks: map[string][]string{
			"github": {"X-GitHub-Event"}, "gitlab": {"X-Gitlab-Event"},
			"gogs": {"X-GitHub-Event", "X-Gogs-Event"}, "gitea": {"X-Gogs-Event", "X-GitHub-Event", "X-Gitea-Event"},
		},
		Log: slog.New(slog.NewJSONHandler(h.log, nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Run(ctx)
	}()
	h.stop = func() { cancel(); <-done }
	return h
}

// inBubble runs a test on a clock of its own.
func inBubble(t *testing.T, run func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, run)
}

// greeter is a source whose handshake entrusts a secret to us.
type greeter struct{ source.Source }

func (greeter) Entrust(*webhook.Request) secret.Text { return secret.Text{} }

func signs(header string, secrets ...string) verify.Verifier {
	keys := verify.Keys{}
	for _, s := range secrets {
		keys.Secrets = append(keys.Secrets, secret.New(s))
	}
	v, err := scheme.Scheme{Header: header, Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		panic(err)
	}
	return v
}

// endpoints are those that requests of these tests call.
func endpoints() []*routing.Endpoint {
	github := &routing.Endpoint{Plugin: "acme.repos", Path: "/github", SourceName: "github", Verifier: signs("X-Hub-Signature-256", githubSecret), MaxBody: 64}
	gitlab := &routing.Endpoint{
		Plugin: "acme.repos", Path: "/gitlab", SourceName: "gitlab",
		Verifier: token.Verifier{Header: "X-Gitlab-Token", Tokens: []secret.Text{secret.New(gitlabToken)}},
	}
	other := &routing.Endpoint{Plugin: "acme.other", Path: "/hook", SourceName: "generic", Verifier: signs("X-Hub-Signature-256", otherSecret)}
	off := &routing.Endpoint{Plugin: "acme.repos", Path: "/off", SourceName: "github", Verifier: signs("X-Hub-Signature-256", "off-secret"), Disabled: true}
	notion := &routing.Endpoint{Plugin: "acme.notes", Path: "/notion", SourceName: "notion", Source: greeter{}, Verifier: signs("X-Notion-Signature")}
	two := &routing.Endpoint{
		Plugin: "acme.repos", Path: "/two", SourceName: "github",
		Verifier: verify.All(signs("X-Hub-Signature-256", githubSecret), query.Verifier{Param: "key", Tokens: []secret.Text{secret.New("the-key")}}),
	}
	door := &routing.Endpoint{Plugin: "acme.doors", Path: "/open/{id}", SourceName: "generic", Verifier: signs("X-Door", "door-secret"), Disabled: true}
	return []*routing.Endpoint{two, other, notion, github, gitlab, off, door}
}

func find(path string) *routing.Endpoint {
	for _, e := range endpoints() {
		if e.Path == path {
			return e
		}
	}
	return nil
}

// request carries headers, name and value in turn.
func request(body string, header ...string) *webhook.Request {
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
		RemoteIP: netip.MustParseAddr("203.0.113.9"), ReceivedAt: time.Now(),
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// refused lets an endpoint refuse a request, as the receiver does.
func refused(e *routing.Endpoint, r *webhook.Request) rejections.Refusal {
	err := e.Verify(context.Background(), r)
	code := "signature_mismatch"
	switch {
	case err == nil:
		panic("the endpoint accepted it")
	case errors.Is(err, verify.ErrMissing):
		code = "signature_missing"
	case errors.Is(err, verify.ErrNotConfigured):
		code = "secret_not_configured"
	}
	return rejections.Refusal{Endpoint: e, Request: r, Whole: true, Path: "/api" + e.Path, Status: 403, Code: code, Cause: err}
}
