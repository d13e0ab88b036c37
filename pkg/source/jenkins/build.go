package jenkins

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// build is what every way of sending says of one.
type build struct {
	job    string // with its folders: "acme/widgets/main"
	number string
	state  string // its result, or how far it is: "failure", "started"
	page   string // the build's own address, or empty
}

// find reads a build in whichever shape it comes.
func find(o source.Object) build {
	var b build
	switch {
	case o.Object("build") != nil: // Notification plugin
		b = build{
			number: o.Line("build.number"), page: o.Link("build.full_url"),
			state: state(o.Line("build.phase"), o.Line("build.status")),
		}
		b.job = cmp.Or(jobPath(cmp.Or(o.Text("url"), b.page)), o.AnyLine("name", "display_name"))
	case o.Text("projectName") != "": // Outbound WebHook plugin
		b = build{
			number: cmp.Or(o.Line("buildNumber"), strings.TrimPrefix(o.Line("buildName"), "#")),
			page:   o.Link("buildUrl"), state: strings.ToLower(o.Line("event")),
		}
		b.job = cmp.Or(jobPath(b.page), o.Line("projectName"))
	default: // a step of the user's own, in the words of Jenkins's variables
		b = build{
			number: o.AnyLine("number", "build_number", "BUILD_NUMBER"),
			page:   o.AnyLink("url", "build_url", "BUILD_URL"),
			state:  strings.ToLower(o.AnyLine("status", "result", "build_status", "BUILD_STATUS")),
		}
		b.job = cmp.Or(o.AnyLine("job", "job_name", "JOB_NAME", "name"), jobPath(b.page))
	}
	return b
}

// state is the result of a build that has ended, else its phase.
func state(phase, status string) string {
	switch phase = strings.ToLower(phase); phase {
	case "queued", "started":
		return phase
	default:
		return cmp.Or(strings.ToLower(status), phase)
	}
}

// jobPath takes the job with its folders out of an address:
// "job/acme/job/widgets/18/" is acme/widgets. Without one it is empty.
func jobPath(address string) string {
	if !strings.HasPrefix(address, "job/") {
		_, behind, found := strings.Cut(address, "/job/")
		if !found {
			return ""
		}
		address = "job/" + behind
	}
	var names []string
	segments := strings.Split(address, "/")
	for i := 0; i+1 < len(segments) && segments[i] == "job"; i += 2 {
		names = append(names, unescaped(segments[i+1]))
	}
	return source.Line(strings.Join(names, "/"))
}

// unescaped undoes both escapes of a segment: the name of a branch, which is a
// job's, was escaped once before it came into an address.
func unescaped(segment string) string {
	for range 2 {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			break
		}
		segment = plain
	}
	return segment
}

func tell(e *webhook.Event, b build, o source.Object) {
	scm := o.Object("build.scm")
	branch := cmp.Or(scm.Line("branch"), o.AnyLine("branch", "BRANCH_NAME", "GIT_BRANCH"))
	e.Branch = strings.TrimPrefix(strings.TrimPrefix(branch, "refs/heads/"), "origin/")
	r := forge.Run{Noun: forge.Build(), Name: forge.Numbered(b.number), Ref: e.Branch, Result: result(b.state)}
	e.Default = r.Result == forge.Failed || r.Result == forge.Unstable
	e.Container = webhook.Party{Name: b.job, URL: jobPage(b)}
	e.Subject = webhook.Subject{Number: b.number, URL: b.page}
	e.URL = b.page
	e.Thread = forge.Thread(e, "#", b.number)
	e.OccurredAt = when(e.OccurredAt, o)
	e.Body = source.Excerpt(o.Text("build.notes"))
	e.Paths = scm.ListedLines("changes")
	forge.AddField(e, "Branch", e.Branch)
	forge.AddField(e, "Commit", forge.Short(cmp.Or(scm.Line("commit"), o.AnyLine("commit", "GIT_COMMIT"))))
	forge.AddField(e, "Changed by", forge.Shortened(scm.ListedLines("culprits")))
	tests(e, o.Object("build.test_summary"))
	forge.AddDuration(e, forge.Lasting(o.At("build.duration"), time.Millisecond))
	if b.page != "" && e.Default {
		forge.AddLink(e, "Log", source.Link(strings.TrimSuffix(b.page, "/")+"/console"))
	}
	r.Tell(e)
}

// jobPage is a build's address less its number.
func jobPage(b build) string {
	page, found := strings.CutSuffix(strings.TrimSuffix(b.page, "/"), "/"+b.number)
	if !found || b.number == "" {
		return ""
	}
	return source.Link(page + "/")
}

func tests(e *webhook.Event, summary source.Object) {
	if total := summary.Line("total"); total != "" && total != "0" {
		forge.AddField(e, "Tests passed", summary.Line("passed")+" / "+total)
	}
	forge.AddField(e, "Failed tests", forge.Shortened(summary.ListedLines("failed_tests")))
}

// when reads milliseconds, or what newer versions write in their place.
func when(otherwise time.Time, o source.Object) time.Time {
	if millis, ok := o.At("build.timestamp").(int64); ok {
		return source.Object{"at": millis / 1000}.Time(otherwise, "at")
	}
	return o.Time(otherwise, "build.timestamp")
}

// result knows what only Jenkins calls its results and phases.
func result(state string) forge.Result {
	switch state {
	case "aborted":
		return forge.Canceled
	case "not_built":
		return forge.Skipped
	case "start", "started":
		return forge.Running
	default:
		return forge.ReadResult(state)
	}
}
