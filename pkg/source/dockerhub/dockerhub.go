// Package dockerhub understands Docker Hub's webhook: a tag was pushed. Docker
// Hub signs nothing, so its endpoint must say with verify who may call (a token
// in the query is what it can send). The callback_url of a payload is a
// stranger's address: it is neither called nor shown.
package dockerhub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

const (
	push      = "push"
	otherType = "event" // of a payload without push_data
)

// image is a reference that is safe to paste behind a command.
var image = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)

// Source is Docker Hub.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "dockerhub".
func Definition() source.Definition {
	d := source.Definition{Name: "dockerhub", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes a hash of repository, tag and time as the delivery id: Docker
// Hub has none of its own.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Every push is told by default.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "dockerhub", Type: id.Type, DeliveryID: id.DeliveryID, Severity: webhook.Info,
		OccurredAt: pushedAt(o, r.ReceivedAt), Default: id.Type == push,
	}
	tell(&e, o)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, map[string]source.Words{
		"Tag":         {English: "Tag", Japanese: "タグ", Chinese: "标签"},
		"Pull":        {English: "Pull", Japanese: "取得", Chinese: "拉取"},
		"Description": {English: "Description", Japanese: "説明", Chinese: "说明"},
	})
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: push, Window: source.ContentWindow}
	content := fmt.Appendf(nil, "%q %q %q", repository(o), o.Text("push_data.tag"), o.Text("push_data.pushed_at"))
	if o.Object("push_data") == nil {
		id.Type = otherType
	}
	if o.Text("push_data.pushed_at") == "" {
		content = r.Body
	}
	sum := sha256.Sum256(content)
	id.DeliveryID = hex.EncodeToString(sum[:])
	return id, o, nil
}

func tell(e *webhook.Event, o source.Object) {
	name, tag := repository(o), o.Line("push_data.tag")
	e.Actor = webhook.Party{Name: o.Line("push_data.pusher")}
	e.Container = webhook.Party{Name: name, URL: o.Link("repository.repo_url")}
	e.URL = e.Container.URL
	if name != "" && tag != "" {
		e.Subject = webhook.Subject{Title: name + ":" + tag, URL: e.URL}
		e.Thread = "dockerhub:" + e.Subject.Title
	}
	e.Labels = labels(tag)
	var pull string
	if image.MatchString(e.Subject.Title) {
		pull = "docker pull " + e.Subject.Title
	}
	e.Fields = source.Fields("Tag", tag, "Pull", pull, "Description", o.Line("repository.description"))
	e.Title = headline(*e, source.English)
}

// labels lets a rule filter by tag.
func labels(tag string) []string {
	if tag == "" {
		return nil
	}
	return []string{tag}
}

func repository(o source.Object) string {
	if name := o.Line("repository.repo_name"); name != "" {
		return name
	}
	name := o.Line("repository.name")
	if space := o.Line("repository.namespace"); space != "" && name != "" {
		return source.Clip(space+"/"+name, source.MaxLine)
	}
	return name
}

// pushedAt reads seconds, which Docker Hub also writes as a decimal fraction.
func pushedAt(o source.Object, otherwise time.Time) time.Time {
	seconds, err := strconv.ParseInt(o.Text("push_data.pushed_at"), 10, 64)
	if err != nil {
		return o.Time(otherwise, "push_data.pushed_at")
	}
	return source.Object{"at": seconds}.Time(otherwise, "at")
}

// headline is "acme/web:latest pushed by who".
func headline(e webhook.Event, l source.Locale) string {
	if e.Type != push || e.Container.Name == "" {
		return source.Headline(e, l)
	}
	w := source.Words{English: "📦 {image} pushed", Japanese: "📦 {image} をプッシュ", Chinese: "📦 已推送 {image}"}
	if e.Actor.Name != "" {
		w = source.Words{
			English: "📦 {image} pushed by {who}", Japanese: "📦 {who} が {image} をプッシュ", Chinese: "📦 {who} 推送了 {image}",
		}
	}
	what := cmp.Or(e.Subject.Title, e.Container.Name)
	return source.Title("", source.Fill(w.In(l), "image", what, "who", e.Actor.Name), "")
}
