// Package gitea understands the webhooks of Gitea, and of Forgejo and Gogs,
// which speak as it does under headers of their own. It reads what chat shows
// and no more; what it does not know becomes a plain line, never an error. It
// looks at no header that imitates another service, and of a GET at no part of
// the query but the payload, which is what is signed there.
package gitea

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// maxBody is what large pushes need: the sender itself has no limit.
const maxBody = 25 << 20

// Source is Gitea or one of its kin. Use New.
type Source struct {
	name   string // "gitea"
	header string // what the names of its headers begin with: "X-Gitea-"
}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// New makes the source of a service that speaks as Gitea does: its name, and
// what the names of its own headers begin with.
func New(name, header string) Source { return Source{name: name, header: header} }

// Define registers such a source under its name. Each of the family also sends
// the headers of those it descends from: those are its marks, beside its own.
func Define(name, header string, samples fs.FS, inherited ...string) source.Definition {
	d := source.Definition{Name: name, MaxBody: maxBody, Duplicates: true, Marks: append(inherited, header+"Event"), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return New(name, header), nil })
}

// Definition registers this source as "gitea".
func Definition() source.Definition {
	return Define("gitea", "X-Gitea-", samples, "X-Gogs-Event", "X-GitHub-Event")
}

// Verification checks the service's own signature, over the JSON itself also
// where that comes in a form or a query. A service without a secret sends the header
// empty, which counts as missing.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: s.header + "Signature", FormField: "payload"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return credentials{v}, nil
}

// credentials are more than the check looks at: the same signature comes under
// several names.
type credentials struct{ *hmac.Verifier }

// Credentials names every header that holds a signature of the same secret.
func (c credentials) Credentials() verify.Credentials {
	own := c.Verifier.Credentials()
	own.Headers = append(own.Headers, "X-Gitea-Signature", "X-Gogs-Signature", "X-Hub-Signature", "X-Hub-Signature-256")
	return own
}

// Challenge answers the button that tests a hook: it sends a push that moves
// nothing.
func (s Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	id, payload, err := s.read(r)
	if err != nil || id.Type != "push" {
		return webhook.Response{}, false
	}
	before, after := payload.Text("before"), payload.Text("after")
	if before == "" || before != after {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{"ok", "test delivery received"})
	return answer, err == nil
}

// Identify takes type and delivery id from the headers, the action from the
// body.
func (s Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := s.read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (s Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := s.read(r)
	if err != nil {
		return nil, err
	}
	e := s.base(id, payload, r)
	switch coarse(id.Type, payload) {
	case "push":
		push(&e, payload)
	case "issues":
		issue(&e, payload)
	case "issue_comment":
		comment(&e, payload)
	case "pull_request":
		pullRequest(&e, payload)
	case "release":
		release(&e, payload)
	case "create", "delete":
		ref(&e, payload)
	case "wiki":
		wiki(&e, payload)
	case "repository":
		repository(&e)
	case "fork":
		fork(&e, payload)
	case "package":
		packaged(&e, payload)
	case "workflow_run", "workflow_job", "status", "action_run_failure", "action_run_recover", "action_run_success":
		run(&e, payload)
	default:
		other(&e, payload)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return forge.Message(e, l, v)
}

// read takes the event from the coarse header, which is empty for events that
// came late to the service; the fine one names those.
func (s Source) read(r *webhook.Request) (source.Identity, source.Object, error) {
	kind := source.Line(r.Header.Get(s.header + "Event"))
	if kind == "" {
		kind = source.Line(r.Header.Get(s.header + "Event-Type"))
	}
	if kind == "" {
		return source.Identity{}, nil, fmt.Errorf("%w: the %sEvent header is missing", webhook.ErrPayload, s.header)
	}
	payload, err := parse(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type:       kind,
		Action:     payload.Line("action"),
		DeliveryID: strings.TrimSpace(r.Header.Get(s.header + "Delivery")),
	}, payload, nil
}

// parse reads the very JSON that was signed, which a GET has in its query.
func parse(r *webhook.Request) (source.Object, error) {
	if text, ok := r.QueryField("payload"); ok {
		r = &webhook.Request{Body: []byte(text)}
	}
	return source.ParseObject(r)
}

// coarse is the family of an event. The coarse header names it but for
// reviews; older versions, and whoever repeats a delivery by its fine header,
// name each event by itself.
func coarse(kind string, payload source.Object) string {
	switch {
	case kind == "pull_request_comment" && payload.Object("issue") != nil:
		return "issue_comment" // the fine name of what somebody said beside the code
	case strings.HasPrefix(kind, "pull_request_"):
		return "pull_request"
	case kind == "issue_assign", kind == "issue_label", kind == "issue_milestone":
		return "issues"
	default:
		return kind
	}
}

// base is what all events tell in the same way.
func (s Source) base(id source.Identity, payload source.Object, r *webhook.Request) webhook.Event {
	e := webhook.Event{
		Source: s.name, Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity:   webhook.Info,
		OccurredAt: r.ReceivedAt,
		Actor:      webhook.Party{Name: login(payload.Object("sender")), URL: payload.Link("sender.html_url")},
		Container: webhook.Party{
			Name: payload.Line("repository.full_name"), URL: payload.Link("repository.html_url"),
		},
	}
	if e.Container.Name == "" {
		e.Container.Name = login(payload.Object("organization"))
	}
	return e
}

// login is a user's name; old versions call it username.
func login(user source.Object) string {
	return cmp.Or(user.Line("login"), user.Line("username"))
}
