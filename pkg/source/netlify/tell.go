package netlify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// The events that a deploy's state makes, and those about forms.
const (
	building   = "deploy_building"
	created    = "deploy_created"
	failed     = "deploy_failed"
	submission = "submission_created"
)

// detail is what the headline needs beside the event.
type detail struct {
	context string
	skipped bool // a build that did not go wrong, though its state says so
}

func tell(e *webhook.Event, o source.Object) {
	e.Container = webhook.Party{
		Name: cmp.Or(o.Line("name"), "Netlify"), URL: cmp.Or(o.Link("ssl_url"), o.Link("url")),
	}
	d := detail{context: o.Line("context"), skipped: e.Type == failed && o.Flag("skipped")}
	e.Detail = d
	e.URL = o.Link("admin_url")
	switch {
	case e.Type == submission:
		submitted(e, o)
	case strings.HasPrefix(e.Type, "deploy_"):
		deployed(e, o)
	}
	e.Severity, e.Default = severity(e.Type), told(e.Type, d)
	if d.skipped {
		e.Severity, e.Default = webhook.Info, false
	}
	e.Title = headline(*e, source.English)
}

func deployed(e *webhook.Event, o source.Object) {
	id := o.Line("id")
	e.Branch = o.Line("branch")
	e.Author = o.Line("committer")
	e.Subject = webhook.Subject{
		Title: source.Clip(source.FirstLine(o.Text("title")), source.MaxLine),
		URL:   forge.Page(o.Link("admin_url"), "/deploys/", id),
	}
	e.URL = cmp.Or(e.Subject.URL, e.URL)
	if id != "" {
		e.Thread = "netlify:" + id
	}
	e.Body = source.Excerpt(o.Text("error_message"))
	e.Fields = source.Fields("Environment", o.Line("context"), "Branch", e.Branch,
		"Commit", forge.Short(o.Line("commit_ref")), "Author", e.Author, "Duration", duration(o))
	forge.AddLink(e, "Site", cmp.Or(o.Link("deploy_ssl_url"), o.Link("deploy_url")))
	forge.AddLink(e, "Commit", o.Link("commit_url"))
	forge.AddLink(e, "Review", o.Link("review_url"))
}

// submitted tells that a form was sent. What stands in it is a visitor's, and
// no business of a room.
func submitted(e *webhook.Event, o source.Object) {
	e.Container = webhook.Party{Name: host(o.Link("site_url")), URL: o.Link("site_url")}
	e.Container.Name = cmp.Or(e.Container.Name, "Netlify")
	e.Subject = webhook.Subject{Number: o.Line("number"), Title: o.Line("form_name")}
	e.Fields = source.Fields("Form", o.Line("form_name"), "E-mail", source.MaskMail(o.Line("email")))
}

func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// duration is how long a deploy took, which Netlify counts in seconds.
func duration(o source.Object) string {
	seconds, _ := o["deploy_time"].(int64)
	const longest = 1_000_000
	if seconds <= 0 || seconds > longest {
		return ""
	}
	return (time.Duration(seconds) * time.Second).String()
}

func severity(kind string) webhook.Severity {
	switch kind {
	case failed, "deploy_failed_after_succeeding":
		return webhook.Error
	case "deploy_request_pending", "deploy_request_rejected", "deploy_deleted", "deploy_restored":
		return webhook.Warning
	case created, "deploy_succeeded_after_failing", "deploy_locked", "deploy_unlocked", "deploy_request_accepted", submission:
		return webhook.Notice
	case building:
		return webhook.Debug
	default:
		return webhook.Info
	}
}

// told says what a person must hear of: what went wrong, what production runs
// now, and what waits for somebody.
func told(kind string, d detail) bool {
	if kind == created {
		return d.context == "production"
	}
	return slices.Contains([]string{
		failed, "deploy_failed_after_succeeding", "deploy_succeeded_after_failing", "deploy_restored", "deploy_locked",
		"deploy_unlocked", "deploy_request_pending", "deploy_request_rejected", submission,
	}, kind)
}
