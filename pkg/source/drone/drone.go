// Package drone understands Drone's server-wide webhooks: builds, and what
// becomes of repositories and users. It tells what a delivery holds.
package drone

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	httpsignature "postern/pkg/verify/http_signature"
	"postern/pkg/webhook"
)

const otherType = "event" // of a delivery without X-Drone-Event

// Source is Drone.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "drone".
func Definition() source.Definition {
	d := source.Definition{Name: "drone", Duplicates: true, Marks: []string{"X-Drone-Event"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the signature over date and digest.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := httpsignature.New(httpsignature.Config{}, keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes the type from X-Drone-Event; Drone has no id of a delivery,
// so a build's state, or else the whole body, is known by its hash.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Builds that failed are default
// events.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	build, repo := o.Object("build"), o.Object("repo")
	run := forge.Run{Noun: source.Words{English: "build", Japanese: "ビルド", Chinese: "构建"}}
	if id.Type == "build" {
		run.Ref, run.Result = build.Line("target"), result(build.Text("status"))
		if n := build.Line("number"); n != "" {
			run.Name = "#" + n
		}
	}
	e := webhook.Event{
		Source: "drone", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Container: webhook.Party{Name: repo.Line("slug"), URL: repo.Link("link")},
		Actor:     webhook.Party{Name: cmp.Or(build.Line("sender"), o.Line("user.login"))},
		Author:    cmp.Or(build.Line("author_name"), build.Line("author_login")),
		Branch:    run.Ref, OccurredAt: o.Time(r.ReceivedAt, "build.updated"),
		Subject: webhook.Subject{Title: source.Clip(source.FirstLine(build.Text("message")), source.MaxLine)},
		Default: run.Result == forge.Failed,
	}
	e.Subject.URL = forge.Page(o.Link("system.link"), "/", repo.Text("slug")+"/"+build.Line("number"))
	if build == nil {
		e.Subject.URL = ""
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(&e, ":build:", build.Line("number"))
	forge.AddField(&e, "Branch", e.Branch)
	forge.AddField(&e, "Commit", forge.Short(build.Line("after")))
	forge.AddLink(&e, "Changes", build.Link("link"))
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
	kind := source.Line(r.Header.Get("X-Drone-Event"))
	id := source.Identity{Type: cmp.Or(kind, otherType), Action: o.Line("action"), Window: source.ContentWindow}
	content := string(r.Body)
	if build := o.Line("build.id"); build != "" {
		content = fmt.Sprintf("%q %q %q", build, id.Action, o.Text("build.status"))
	}
	sum := sha256.Sum256([]byte(content))
	id.DeliveryID = hex.EncodeToString(sum[:])
	return id, o, nil
}

// result knows what only Drone calls its results.
func result(status string) forge.Result {
	switch status {
	case "killed":
		return forge.Canceled
	case "declined":
		return forge.Failed
	default:
		return forge.ReadResult(status)
	}
}
