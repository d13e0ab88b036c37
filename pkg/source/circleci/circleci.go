// Package circleci understands CircleCI's webhooks: workflows and jobs that
// have ended. It asks CircleCI nothing; it tells what a delivery holds.
package circleci

import (
	"cmp"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a type

// Source is CircleCI.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// Definition registers this source as "circleci".
func Definition() source.Definition {
	d := source.Definition{Name: "circleci", Duplicates: true, Marks: []string{"circleci-event-type"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the v1 signature of circleci-signature, which may hold
// versions yet to come.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "circleci-signature", Prefix: "v1=", Separator: ","}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Challenge answers the ping that CircleCI sends to try an endpoint.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	id, _, err := read(r)
	if err != nil || id.Type != "ping" {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, map[string]string{"status": "ok", "message": "pong"})
	return answer, err == nil
}

// Identify takes type and id from the body, and the status as the action.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Workflows that failed are default
// events; their jobs would say it again.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	vcs := o.Object("pipeline.vcs")
	run := forge.Run{
		Noun: source.Words{English: "workflow", Japanese: "ワークフロー", Chinese: "工作流"},
		Name: o.Line("workflow.name"), Ref: cmp.Or(vcs.Line("branch"), vcs.Line("tag")), Result: result(id.Action),
	}
	address := o.Link("workflow.url")
	if strings.HasPrefix(id.Type, "job-") {
		run.Noun = source.Words{English: "job", Japanese: "ジョブ", Chinese: "作业"}
		run.Name = o.Line("job.name")
	}
	e := webhook.Event{
		Source: "circleci", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Container: webhook.Party{Name: o.Line("project.name")},
		Subject: webhook.Subject{
			Title: cmp.Or(source.Clip(source.FirstLine(vcs.Text("commit.subject")), source.MaxLine), run.Name), URL: address,
		},
		URL: address, Branch: vcs.Line("branch"), Author: vcs.Line("commit.author.name"),
		OccurredAt: o.Time(r.ReceivedAt, "happened_at"),
		Default:    id.Type == "workflow-completed" && run.Result == forge.Failed,
	}
	e.Thread = forge.Thread(&e, ":workflow:", o.Line("workflow.id"))
	forge.AddField(&e, "Branch", e.Branch)
	forge.AddField(&e, "Tag", vcs.Line("tag"))
	forge.AddField(&e, "Commit", forge.Short(vcs.Line("revision")))
	run.Tell(&e)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return forge.Message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: cmp.Or(o.Line("type"), otherType), DeliveryID: o.Line("id")}
	switch id.Type {
	case "workflow-completed":
		id.Action = o.Line("workflow.status")
	case "job-completed":
		id.Action = o.Line("job.status")
	}
	return id, o, nil
}

// result knows what only CircleCI calls a failure.
func result(status string) forge.Result {
	switch status {
	case "unauthorized", "infrastructure_fail", "timedout":
		return forge.Failed
	case "not_run":
		return forge.Skipped
	default:
		return forge.ReadResult(status)
	}
}
