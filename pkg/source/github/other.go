package github

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// ping tells that a hook was made, where GitHub's own question is not answered
// at once: an operator may replay one.
func ping(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	e.Severity = webhook.Debug
	e.Summary = payload.Line("zen")
	var events []string
	for _, v := range payload.List("hook.events") {
		events = append(events, source.Scalar(v))
	}
	addField(e, "Webhook events", names(events))
	tell(e, item{title: e.Summary, wording: source.Words{
		English: "{who} connected the webhook", Japanese: "{who} が Webhook を接続しました", Chinese: "{who} 连接了 Webhook",
	}})
}

// other tells an event that has no words of its own here: its thing, its
// result and the best address, whatever it is.
func other(e *webhook.Event, payload source.Object) {
	thing := eventObject(e.Type, payload)
	e.Subject = webhook.Subject{
		Title:  cmp.Or(thing.Line("title"), thing.Line("name"), thing.Line("full_name"), refName(payload)),
		Number: thing.Line("number"),
		URL:    thing.Link("html_url"),
	}
	e.URL = cmp.Or(source.FirstLink(payload.Object(e.Type)), source.FirstLink(saying(payload)),
		source.FirstLink(thing), e.Container.URL)
	e.Author = thing.Line("user.login")
	e.Labels = thing.Lines("labels", "name")
	e.Thread = thread(e, "#", e.Subject.Number)
	e.Body = source.Excerpt(saying(payload).Text("body"))
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	if payload.Text("ref_type") == "branch" {
		e.Branch = payload.Line("ref")
	}
	e.Confidential = guarded(e.Type)
	result := cmp.Or(thing.Line("conclusion"), payload.Line("deployment_status.state"), payload.Line("state"))
	addField(e, "Result", result)
	e.Severity = severity(e.Action, result)
	e.Title = source.Headline(*e, source.English)
}

// guarded tells by its name alone that an event, even one that is new to us,
// is about a weakness or a secret.
func guarded(event string) bool {
	for _, word := range []string{"_alert", "advisory", "secret", "vulnerability", "security"} {
		if strings.Contains(event, word) {
			return true
		}
	}
	return false
}

// eventObject finds what an event is about: GitHub mostly puts it under the
// event's own name, else under the name of the thing that was talked about.
func eventObject(event string, payload source.Object) source.Object {
	for _, name := range []string{
		"issue", "pull_request", "discussion", event, "alert", "forkee", "deployment_status", "deployment",
	} {
		if o := payload.Object(name); o != nil {
			return o
		}
	}
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		switch name {
		case "repository", "sender", "organization", "installation", "enterprise":
		case "inputs", "client_payload": // whatever somebody typed in
		default:
			if o := payload.Object(name); o != nil {
				return o
			}
		}
	}
	return nil
}

// saying is the comment or review of an event that has one.
func saying(payload source.Object) source.Object {
	if o := payload.Object("comment"); o != nil {
		return o
	}
	return payload.Object("review")
}

// refName names the branch or tag of an event that is about one.
func refName(payload source.Object) string {
	return strings.TrimSpace(payload.Line("ref_type") + " " + payload.Line("ref"))
}

func severity(action, result string) webhook.Severity {
	switch result {
	case "failure", "error", "timed_out", "startup_failure":
		return webhook.Error
	}
	switch action {
	case "deleted", "removed":
		return webhook.Warning
	}
	return webhook.Info
}
