// Package azuredevops understands the service hooks of Azure DevOps: code, pull
// requests, builds, pipelines, releases and work items. Azure DevOps signs
// nothing, so its endpoint must say with verify who may call (basic, or a token
// in a header of the subscription's own). Where a subscription sends less of an
// event's resource, or an event is not known here, the text that Azure DevOps
// wrote itself is told: as plain text, and in its language.
package azuredevops

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

const (
	otherType = "event" // of a payload without eventType

	push           = "git.push"
	pullCreated    = "git.pullrequest.created"
	pullUpdated    = "git.pullrequest.updated"
	pullMerged     = "git.pullrequest.merged" // a merge was tried, be it for a look
	pullCommented  = "ms.vss-code.git-pullrequest-comment-event"
	checkin        = "tfvc.checkin"
	buildComplete  = "build.complete"
	runChanged     = "ms.vss-pipelines.run-state-changed-event"
	stageChanged   = "ms.vss-pipelines.stage-state-changed-event"
	jobChanged     = "ms.vss-pipelines.job-state-changed-event"
	deployed       = "ms.vss-release.deployment-completed-event"
	deploying      = "ms.vss-release.deployment-started-event"
	released       = "ms.vss-release.release-created-event"
	abandoned      = "ms.vss-release.release-abandoned-event"
	approvalWanted = "ms.vss-release.deployment-approval-pending-event"
	checkWanted    = "ms.vss-pipelinechecks-events.approval-pending"
)

// Source is Azure DevOps.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "azure_devops".
func Definition() source.Definition {
	d := source.Definition{Name: "azure_devops", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the type from the body, and how its thing stands as the
// action. Subscription and notification are the delivery id; a test, whose
// subscription is zeros, has none.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery; a push is one event for each branch
// or tag that moved.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "azure_devops", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: o.Time(r.ReceivedAt, "createdDate"),
		Summary: spoken(o), URL: spokenLink(o),
	}
	resource := o.Object("resource")
	switch kind, _, _ := strings.Cut(id.Type, "."); {
	case id.Type == push && len(resource.Objects("refUpdates")) > 0:
		return pushes(e, resource), nil
	case strings.HasPrefix(id.Type, "git.pullrequest."):
		pullRequest(&e, resource)
	case id.Type == pullCommented:
		comment(&e, resource)
	case id.Type == buildComplete:
		build(&e, resource)
	case strings.HasPrefix(id.Type, "ms.vss-pipelines."):
		pipeline(&e, resource)
	case strings.HasPrefix(id.Type, "ms.vss-release."):
		release(&e, resource)
	case kind == "workitem":
		workItem(&e, resource)
	default:
		other(&e, resource)
	}
	if e.Detail == nil {
		if e.Body == "" {
			e.Body = more(e, o)
		}
		e.Title = ready(e, source.English)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	m := forge.Message(e, l, v)
	if e.Detail == nil {
		m.Title = ready(e, l)
	}
	return source.Translate(m, l, map[string]source.Words{
		"Area":      {English: "Area", Japanese: "区分パス", Chinese: "区域"},
		"Iteration": {English: "Iteration", Japanese: "イテレーション", Chinese: "迭代"},
		"Merge":     {English: "Merge", Japanese: "マージ", Chinese: "合并"},
		"Run":       {English: "Run", Japanese: "実行", Chinese: "运行"},
		"Release":   {English: "Release", Japanese: "リリース", Chinese: "版本"},
	})
}

// ready is the headline in Azure DevOps's own words, or the generic line. What
// the words lack of the thing stands behind them.
func ready(e webhook.Event, l source.Locale) string {
	if e.Summary == "" || !strings.Contains(e.Summary, e.Actor.Name) {
		return source.Headline(e, l)
	}
	number := forge.Numbered(e.Subject.Number)
	thing := strings.TrimSpace(number + " " + e.Subject.Title)
	if strings.Contains(e.Summary, cmp.Or(e.Subject.Title, number)) {
		thing = ""
	}
	return source.Title(e.Container.Name, e.Summary, thing)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: o.Line("eventType"), DeliveryID: deliveryID(o)}
	if id.Type == "" {
		id.Type = otherType
	}
	id.Action = action(id.Type, o)
	return id, o, nil
}

// deliveryID: notifications are counted within a subscription. All tests have
// the same numbers.
func deliveryID(o source.Object) string {
	subscription, notification := o.Line("subscriptionId"), o.Line("notificationId")
	switch {
	case subscription != "" && strings.Trim(subscription, "0-") == "":
		return ""
	case subscription != "" && notification != "":
		return subscription + ":" + notification
	default:
		return o.Line("id")
	}
}

// action is how the thing of an event stands, so that build.complete.failed can
// be asked for.
func action(kind string, o source.Object) string {
	r := o.Object("resource")
	switch kind {
	case pullCreated, pullUpdated, pullMerged:
		return r.Line("status")
	case buildComplete:
		return or(r.AnyLine("result", "status"), o)
	case runChanged:
		return or(r.AnyLine("run.result", "run.state"), o)
	case stageChanged:
		return or(r.AnyLine("stage.result", "stage.state"), o)
	case jobChanged:
		return or(r.AnyLine("job.result", "job.state"), o)
	case deployed, deploying:
		return or(r.Line("environment.status"), o)
	default:
		return r.Line("approval.status")
	}
}

// or gives the word a sender's own text ends with, where the resource says
// nothing: "Build 7 failed".
func or(told string, o source.Object) string {
	if told != "" {
		return told
	}
	words := strings.Fields(spoken(o))
	if len(words) == 0 {
		return ""
	}
	if last := strings.ToLower(words[len(words)-1]); result(last) != "" {
		return last
	}
	return ""
}

// other tells what has no words of its own here. Everything pushed or checked
// in is a default event, and that somebody must approve something.
func other(e *webhook.Event, r source.Object) {
	e.Actor = person(r, "checkedInBy")
	e.Container.Name = r.AnyLine("repository.project.name", "project.name", "pipeline.name")
	e.Subject.Title = r.AnyLine("title", "name")
	e.Default = slices.Contains([]string{push, checkin, checkWanted}, e.Type)
	if e.Type == checkWanted {
		e.Severity = webhook.Notice
	}
}

// person is what somebody is called, without a mail address behind the name.
func person(o source.Object, paths ...string) webhook.Party {
	for _, path := range paths {
		if name := withoutMail(o.AnyLine(path+".displayName", path)); name != "" {
			return webhook.Party{Name: name}
		}
	}
	return webhook.Party{}
}

func withoutMail(name string) string {
	name, _, _ = strings.Cut(name, "<")
	return strings.TrimSpace(name)
}
