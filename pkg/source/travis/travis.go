// Package travis understands the webhooks of Travis CI: builds. It tells what a
// delivery holds; the configuration of a build, which may name secrets, is
// neither read nor told.
package travis

import (
	"cmp"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/travis"
	"postern/pkg/webhook"
)

const (
	build     = "build"
	otherType = "event" // of a payload that is no build
)

// Source is Travis CI.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "travis".
func Definition() source.Definition {
	d := source.Definition{Name: "travis", Duplicates: true, Marks: []string{"Travis-Repo-Slug"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the Signature header with the key that Travis publishes.
// It needs no secret.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	return verifier{travis.New(keys)}, nil
}

// verifier needs no secret: its key is public.
type verifier struct{ travis.Verifier }

// Configured is true: the key comes from Travis.
func (verifier) Configured() bool { return true }

// Identify takes the build's state as the action, and its id with that state
// as the delivery id.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Builds that failed, and the first
// that passed after one that failed, are default events.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	run := forge.Run{Noun: forge.Build(), Name: forge.Numbered(o.Line("number")), Ref: ref(o)}
	if id.Type == build {
		run.Result = result(id.Action)
	}
	e := webhook.Event{
		Source: "travis", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Container: repository(o),
		Author:    o.Line("author_name"),
		Branch:    o.Line("branch"), OccurredAt: o.Time(r.ReceivedAt, "finished_at", "started_at"),
		Subject: webhook.Subject{
			Title: cmp.Or(o.Line("pull_request_title"), forge.FirstLine(o.Text("message"))), URL: o.Link("build_url"),
		},
		Default: run.Result == forge.Failed || run.Result == forge.Passed && o.Text("status_message") == "Fixed",
	}
	if o.Text("tag") != "" {
		e.Branch = ""
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(&e, ":build:", o.Line("id"))
	fields(&e, o)
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
	id := source.Identity{Type: otherType}
	number := o.Line("id")
	if number == "" {
		id.DeliveryID, id.Window = source.ContentID(string(r.Body)), source.ContentWindow
		return id, o, nil
	}
	id.Type, id.Action = build, state(o)
	id.DeliveryID = number + ":" + id.Action
	if n := o.Line("started_at"); n != "" { // a build that is restarted keeps its id
		id.DeliveryID += ":" + n
	}
	return id, o, nil
}

// state is how a build stands. Before there was state, status_message told it.
func state(o source.Object) string {
	if s := o.Line("state"); s != "" {
		return s
	}
	switch o.Text("status_message") {
	case "Pending":
		return "started"
	case "Passed", "Fixed":
		return "passed"
	case "Broken", "Failed", "Still Failing":
		return "failed"
	case "Errored":
		return "errored"
	case "Canceled":
		return "canceled"
	default:
		return ""
	}
}

// result knows what only Travis calls its states.
func result(state string) forge.Result {
	switch state {
	case "errored":
		return forge.Failed
	case "started", "received":
		return forge.Running
	default:
		return forge.ReadResult(state)
	}
}

// repository is "owner/name"; a link to it is not always sent.
func repository(o source.Object) webhook.Party {
	name := o.Line("repository.name")
	if owner := o.Line("repository.owner_name"); owner != "" && name != "" {
		name = source.Clip(owner+"/"+name, source.MaxLine)
	}
	return webhook.Party{Name: name, URL: o.Link("repository.url")}
}

func ref(o source.Object) string { return cmp.Or(o.Line("tag"), o.Line("branch")) }

func fields(e *webhook.Event, o source.Object) {
	forge.AddField(e, "Branch", e.Branch)
	forge.AddField(e, "Tag", o.Line("tag"))
	commit := o.Line("commit")
	if number := o.Line("pull_request_number"); number != "" {
		forge.AddField(e, "Pull request", forge.Numbered(number))
		commit = cmp.Or(o.Line("head_commit"), commit) // the other is a merge that nobody made
	}
	forge.AddField(e, "Commit", forge.Short(commit))
	forge.AddField(e, "Result", o.Line("status_message"))
	forge.AddField(e, "Failed jobs", forge.Shortened(failures(o)))
	forge.AddDuration(e, forge.Lasting(o.At("duration"), time.Second))
	forge.AddLink(e, "Compare", o.Link("compare_url"))
}

// failures names the jobs that made a build fail, not those that may.
func failures(o source.Object) []string {
	var jobs []string
	for _, job := range o.Objects("matrix") {
		if number := job.Line("number"); number != "" && result(job.Text("state")) == forge.Failed && !job.Flag("allow_failure") {
			jobs = append(jobs, number)
		}
	}
	return jobs
}
