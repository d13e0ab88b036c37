package rejections_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/internal/job"
	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// cause lets a keeper explain one refusal.
func cause(t *testing.T, r rejections.Refusal) (row job.Rejection) {
	t.Helper()
	inBubble(t, func(t *testing.T) {
		h := newHouse(t, endpoints()...)
		h.Add(r)
		h.stop()
		rows, _ := h.book.kept()
		if len(rows) != 1 {
			t.Fatalf("got %d rows, want 1", len(rows))
		}
		row = rows[0]
	})
	return row
}

// of is a refusal that no check made.
func of(e *routing.Endpoint, code string, r *webhook.Request, err error) rejections.Refusal {
	return rejections.Refusal{Endpoint: e, Request: r, Whole: true, Path: "/api/x", Status: 400, Code: code, Cause: err}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	github, gitlab, notion := find("/github"), find("/gitlab"), find("/notion")
	const body, event = `{"a":1}`, "X-GitHub-Event"
	proof := func(key string) *webhook.Request {
		return request(body, event, "push", "X-Hub-Signature-256", sign(key, body))
	}
	queried := func(r *webhook.Request, query string) *webhook.Request {
		r.RawQuery = query
		return r
	}
	large := proof(otherSecret)
	large.Body = make([]byte, 1<<20)
	form := request("payload=%7B%7D", event, "push")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	labelled := request(body)
	labelled.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	proxied := request(body, "X-Forwarded-For", "198.51.100.7")
	direct := request(body, "X-Forwarded-For", "198.51.100.7, 203.0.113.9")
	late := of(github, "signature_missing", proxied, verify.Missing("x"))
	late.Whole = false
	for name, c := range map[string]struct {
		r    rejections.Refusal
		want string // a part of the cause
		not  string
	}{
		"its own mistake":               {refused(github, proof(githubSecret+"\n")), "the secret has a trailing newline at the sender", "mistake explains"},
		"another endpoint's secret":     {refused(github, proof(otherSecret)), "signed with the secret of acme.other /hook", ""},
		"nobody's secret":               {refused(github, proof("a-strangers")), "matches no secret; no common mistake explains it", "acme.other"},
		"what another check lacks":      {refused(find("/two"), proof(githubSecret)), "the query parameter key is missing", "acme.repos"},
		"another's beside what is ours": {refused(find("/two"), queried(proof(otherSecret), "key=the-key")), "signed with the secret of acme.other /hook", ""},
		"what came behind the check":    {of(github, "signature_mismatch", proof(githubSecret), verify.Reject("the topic is not in topics")), "the topic is not in topics", "mistake"},
		"a disabled endpoint's secret":  {refused(github, proof("off-secret")), "no common mistake explains it", "off"},
		"GitLab at GitHub's":            {refused(github, request(body, "X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", "t")), "this is a gitlab request (X-Gitlab-Event is there), and the source of this endpoint is github", "signed with"},
		"GitLab at GitHub's, and whose": {refused(github, request(body, "X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", gitlabToken)), "the source of this endpoint is github; signed with the secret of acme.repos /gitlab", ""},
		"Gitea at GitHub's":             {refused(github, request(body, event, "push", "X-Gogs-Event", "push", "X-Gitea-Event", "push")), "this is a gitea request (X-Gitea-Event is there)", ""},
		"Gogs at GitHub's":              {refused(github, request(body, event, "push", "X-Gogs-Event", "push")), "this is a gogs request (X-Gogs-Event is there)", ""},
		"GitHub at GitLab's":            {refused(gitlab, request(body, event, "push")), "this is a github request", ""},
		"GitHub at anybody's":           {refused(find("/hook"), proof(githubSecret)), "signed with the secret of acme.repos /github", "this is a"},
		"no secret at the sender":       {refused(github, request(body, event, "push")), "the X-Hub-Signature-256 header is missing: is a secret set at the sender?", ""},
		"no secret here":                {refused(notion, request(body, "X-Notion-Signature", sign("x", body))), "write what the handshake entrusted to us", ""},
		"a body too large to look at":   {refused(github, large), "the body was too large, or too many came", "no common mistake"},
		"a body that was not read":      {late, "header is missing", ""},
		"a kind of its own":             {of(github, "invalid_payload", labelled, webhook.ErrPayload), "the body looks like JSON, and its Content-Type says that it is a form", ""},
		"a form that says it is none":   {of(github, "invalid_payload", request("payload=%7B%7D"), webhook.ErrPayload), "the body looks like a form", ""},
		"a broken form":                 {of(github, "invalid_payload", form, webhook.ErrPayload), webhook.ErrPayload.Error(), "looks like"},
		"GitLab's payload at GitHub's":  {of(github, "invalid_payload", request(body, "X-Gitlab-Event", "Push Hook"), webhook.ErrPayload), "this is a gitlab request", ""},
		"an address":                    {of(github, "ip_not_allowed", request(body), errors.New("x")), "203.0.113.9 is not in allow_ips", "proxy"},
		"an address of a proxy":         {of(github, "ip_not_allowed", proxied, errors.New("x")), "if 203.0.113.9 is your proxy, name it in http.trusted_proxies", ""},
		"an address behind a proxy":     {of(github, "ip_not_allowed", direct, errors.New("x")), "203.0.113.9 is not in allow_ips", "trusted_proxies"},
		"a body over the limit":         {of(github, "body_too_large", request(""), errors.New("x")), "longer than the 64 bytes of max_body", ""},
		"a disabled endpoint":           {of(find("/off"), "not_found", request(""), &routing.DisabledError{Endpoint: find("/off")}), "the endpoint /off of acme.repos is disabled", ""},
		"a method":                      {of(github, "method_not_allowed", request(""), &routing.MethodError{Allow: []string{"POST"}}), "method not allowed, only POST", ""},
		"a chat":                        {of(github, "chat_not_allowed", request(""), errors.New("the chat ops is not allowed")), "the chat ops is not allowed", ""},
		"a panic":                       {of(github, "internal_error", request(""), errors.New("panic: "+githubSecret)), "the log has more", ""},
		"an error of several lines":     {of(github, "queue_unavailable", request(""), errors.New("one\r\ntwo\u2028three")), "one  two three", ""},
		"an error that is no UTF-8":     {of(github, "queue_unavailable", request(""), errors.New("a\xffb")), "a?b", ""},
		"a handshake":                   {rejections.Refusal{Endpoint: notion, Request: request(body), Whole: true, Code: job.Handshake, Cause: errors.New("x"), Secret: secret.New("entrusted-token")}, "write it into the endpoint's secrets", ""},
		"a very long error":             {of(github, "queue_unavailable", request(""), errors.New(strings.Repeat("x", 5000))), strings.Repeat("x", 390), strings.Repeat("x", 401)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := cause(t, c.r)
			if !strings.Contains(row.Cause, c.want) || c.not != "" && strings.Contains(row.Cause, c.not) {
				t.Errorf("got cause %q, want %q in it, and not %q", row.Cause, c.want, c.not)
			}
			for _, hidden := range []string{githubSecret, gitlabToken, otherSecret, "entrusted-token", sign(githubSecret, body)[7:]} {
				if strings.Contains(fmt.Sprintf("%+v", row), hidden) {
					t.Error("the row shows a secret")
				}
			}
		})
	}
}

func TestPathsWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	const hooks = "/api/plugin/acme.repos/webhook"
	for path, want := range map[string]string{
		hooks + "/github/":           "by a slash at its end",
		hooks + "/GitHub":            "in upper and lower case only",
		hooks + "/githb":             "was " + hooks + "/github meant?",
		hooks + "/off":               "the endpoint /off of acme.repos is disabled",
		hooks + "/something":         "this plugin has no such endpoint, it has /two, /github, /gitlab, /off",
		"/webhook/github":            "the endpoint /github of acme.repos is at " + hooks + "/github",
		"/github":                    "the endpoint /github of acme.repos is at",
		"/acme.repos/webhook/github": "the endpoint /github of acme.repos is at",
		"/postern/api/plugin/acme.repos/webhook/github": "the endpoint /github of acme.repos is at",
		"/api/plugin/acme.repo/webhook/github":          "was " + hooks + "/github meant?",
		"/api/plugin/acme.doors/webhook/open/7":         "the endpoint /open/{id} of acme.doors is disabled",
		"/api/plugin/acme.doors/webhook/open/7/":        "by a slash at its end",
		"/api/plugin/acme.doors/webhook/opn/7":          "was /api/plugin/acme.doors/webhook/open/7 meant?",
		"/wp-login.php":                                 "no such endpoint",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			row := cause(t, rejections.Refusal{Request: request(""), Path: path, Status: 404, Code: "not_found", Cause: routing.ErrNotFound})
			if !strings.Contains(row.Cause, want) || row.Known() {
				t.Errorf("got %+v, want %q in its cause", row, want)
			}
		})
	}
}

// broken is a check of a plugin that panics as it explains.
type broken struct{ verify.Verifier }

func (broken) Explain(*webhook.Request, error) string { panic("broke") }

func TestAPanicExplainsNothing(t *testing.T) {
	t.Parallel()
	e := find("/github")
	e.Verifier = broken{e.Verifier}
	row := cause(t, refused(e, request("{}", "X-Hub-Signature-256", sign("x", "{}"))))
	if !strings.Contains(row.Cause, "matches no secret") {
		t.Errorf("got cause %q, want the error itself", row.Cause)
	}
}

// TestOtherEndpointsThatProveNothing: an endpoint that lets everybody in proves
// nothing, and one that panics stops nobody.
func TestOtherEndpointsThatProveNothing(t *testing.T) {
	t.Parallel()
	open := &routing.Endpoint{Plugin: "acme.open", Path: "/open", Verifier: anyone{}}
	odd := &routing.Endpoint{Plugin: "acme.odd", Path: "/odd", Verifier: anyone{panics: true, reads: "X-Hub-Signature-256"}}
	inBubble(t, func(t *testing.T) {
		github := find("/github")
		h := newHouse(t, open, odd, github)
		h.Add(refused(github, request("{}", "X-Hub-Signature-256", sign("x", "{}"))))
		h.stop()
		rows, _ := h.book.kept()
		if len(rows) != 1 || !strings.Contains(rows[0].Cause, "no common mistake explains it") {
			t.Errorf("got %+v, want no claim", rows)
		}
	})
}

// anyone lets everybody in.
type anyone struct {
	panics bool
	reads  string
}

func (a anyone) Verify(ctx context.Context, _ *webhook.Request) error {
	if a.panics {
		panic("odd")
	}
	return ctx.Err()
}

func (a anyone) Credentials() verify.Credentials {
	if a.reads == "" {
		return verify.Credentials{}
	}
	return verify.Credentials{Headers: []string{a.reads}}
}
