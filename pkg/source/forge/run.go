package forge

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Result is how a run stands.
type Result string

// The results.
const (
	Waiting  Result = "waiting"
	Running  Result = "running"
	Passed   Result = "passed"
	Warned   Result = "warned" // passed, and something in it failed that may
	Failed   Result = "failed"
	Canceled Result = "canceled"
	Skipped  Result = "skipped"
	Unstable Result = "unstable" // it ran to its end, and tests failed
)

// ReadResult understands what code hosts and their machines call their
// results, in any case; what it does not know it leaves empty.
func ReadResult(word string) Result {
	switch strings.ToLower(word) {
	case "created", "waiting_for_resource", "preparing", "pending", "manual", "scheduled", "queued", "requested", "waiting", "blocked":
		return Waiting
	case "running", "in_progress", "inprogress":
		return Running
	case "success", "successful", "passed", "recovered":
		return Passed
	case "warning", "passed with warnings":
		return Warned
	case "failed", "failure", "error", "timed_out":
		return Failed
	case "canceled", "cancelled", "canceling", "stopped":
		return Canceled
	case "skipped":
		return Skipped
	case "unstable":
		return Unstable
	default:
		return ""
	}
}

// Run is a machine's work: a pipeline, a job, a deployment, a commit's status.
type Run struct {
	Noun   source.Words
	Name   string // "#31", "build", "production"
	Ref    string // the branch or tag, or empty
	Result Result // empty: the generic line tells it
}

// Tell fills title and severity into an event that is complete otherwise.
func (r Run) Tell(e *webhook.Event) {
	switch r.Result {
	case Failed:
		e.Severity = webhook.Error
	case Warned, Canceled, Unstable:
		e.Severity = webhook.Warning
	case Waiting, Running, Skipped:
		e.Severity = webhook.Debug
	default:
		e.Severity = webhook.Info
	}
	e.Detail = r
	e.Title = r.headline(*e, source.English)
}

// headline is "[place] run failed (branch, who): title".
func (r Run) headline(e webhook.Event, l source.Locale) string {
	wording, known := results()[r.Result]
	if !known {
		return source.Headline(e, l)
	}
	what := source.Fill(wording.In(l), "what", strings.TrimSpace(r.Noun.In(l)+" "+r.Name))
	var where []string
	for _, s := range []string{r.Ref, e.Actor.Name} {
		if s != "" {
			where = append(where, s)
		}
	}
	if len(where) > 0 {
		what += " (" + strings.Join(where, ", ") + ")"
	}
	title := e.Subject.Title
	if title == r.Name {
		title = ""
	}
	return source.Title(cmp.Or(e.Container.Name, source.Unknown().In(l)), what, title)
}
