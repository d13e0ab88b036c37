package vercel

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// detail is what the headline needs beside the event.
type detail struct{ environment string }

func tell(e *webhook.Event, payload source.Object) {
	deployment := payload.Object("deployment")
	e.Container = webhook.Party{
		Name: cmp.Or(payload.Line("project.name"), deployment.Line("name"), payload.Line("name"), "Vercel"),
		URL:  payload.Link("links.project"),
	}
	d := detail{environment: payload.Line("target")}
	if deployment != nil {
		d.environment = cmp.Or(d.environment, "preview")
		deployed(e, payload, deployment)
	} else {
		e.Subject.Title = cmp.Or(payload.Line("domain.name"), payload.Line("domain"), payload.Line("configuration.id"))
		e.URL = e.Container.URL
	}
	e.Severity = severity(e.Type)
	e.Default = told(e.Type, d.environment)
	e.Fields = source.Fields("Environment", d.environment, "Branch", e.Branch,
		"Commit", forge.Short(git(deployment, "CommitSha")), "Author", e.Author)
	e.Detail = d
	e.Title = headline(*e, source.English)
}

// deployed points an event at a deployment, and at the site that it made.
func deployed(e *webhook.Event, payload, deployment source.Object) {
	e.Branch = git(deployment, "CommitRef")
	e.Author = cmp.Or(git(deployment, "CommitAuthorName"), git(deployment, "CommitAuthorLogin"))
	e.Subject = webhook.Subject{
		Title: cmp.Or(git(deployment, "CommitMessage"), deployment.Line("url")),
		URL:   cmp.Or(payload.Link("links.deployment"), deployment.Link("inspectorUrl")),
	}
	e.URL = e.Subject.URL
	if id := deployment.Line("id"); id != "" {
		e.Thread = "vercel:" + id
	}
	if site := source.Link("https://" + deployment.Text("url")); site != "" {
		e.Links = []webhook.Link{{Text: "Site", URL: site}}
	}
}

// git gives the first line of what a deployment's meta holds of its commit, in
// the words of whichever code host it came from.
func git(deployment source.Object, name string) string {
	for _, host := range []string{"github", "gitlab", "bitbucket"} {
		if text := deployment.Text("meta." + host + name); text != "" {
			return source.Clip(source.FirstLine(text), source.MaxLine)
		}
	}
	return ""
}

func severity(kind string) webhook.Severity {
	switch kind {
	case "deployment.error", "firewall.attack", "alerts.triggered":
		return webhook.Error
	case "deployment.canceled", "deployment.rollback", "deployment.blocked", "project.removed", "budget.reached",
		"project.domain.unverified", "project.rolling-release.aborted":
		return webhook.Warning
	case "deployment.succeeded", "deployment.promoted", "project.created", "project.renamed":
		return webhook.Notice
	case "deployment.created", "deployment.ready", "deployment.cleanup":
		return webhook.Debug
	}
	switch {
	case strings.HasSuffix(kind, ".failed"):
		return webhook.Error
	case strings.HasSuffix(kind, "-anomaly"):
		return webhook.Warning
	default:
		return webhook.Info
	}
}

// told says what a person must hear of: what went wrong, and what production
// runs now. Each commit of a branch makes a preview, so those that succeed are
// not told.
func told(kind, environment string) bool {
	if kind == "deployment.succeeded" {
		return environment == "production"
	}
	return severity(kind) == webhook.Error || strings.HasSuffix(kind, "-anomaly") || slices.Contains([]string{
		"deployment.promoted", "deployment.rollback", "deployment.blocked", "project.created", "project.removed",
		"budget.reached", "project.domain.unverified", "project.rolling-release.aborted",
	}, kind)
}
