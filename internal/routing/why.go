package routing

import (
	"context"
	"fmt"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// The filters that are no key of the file.
const (
	notDefault = "default"     // neither events nor when is written
	toldBefore = "told before" // by an earlier rule
)

// refuses names the first filter that does not hold, by its key; empty where
// all of them do. A filter on what an event lacks does not hold.
func (f *filter) refuses(e webhook.Event) string {
	switch {
	case f.onlyDefault && !e.Default:
		return notDefault
	case f.noDrafts && e.Draft:
		return "drafts"
	case !f.confidential && e.Confidential:
		return "confidential"
	case f.severity != "" && rank(e.Severity) < rank(f.severity):
		return "min_severity"
	case len(f.events) > 0 && !f.hearsOf(e):
		return "events"
	case len(f.branches) > 0 && !f.branches.any(e.Branch):
		return "branches"
	case len(f.labels) > 0 && !f.labels.any(e.Labels...):
		return "labels"
	case len(f.authors) > 0 && !f.authors.any(e.Actor.Name, e.Author):
		return "authors"
	case f.ignoreAuthors.any(e.Actor.Name, e.Author):
		return "ignore_authors"
	case len(f.paths) > 0 && !f.paths.any(e.Paths...):
		return "paths"
	default:
		return ""
	}
}

// Untold is a chat that a rule names and does not tell.
type Untold struct {
	Rule   int    // its number in the file, from 1
	Chat   Chat   // less what only a known chat has
	Filter string // the key of the first filter that failed: "branches", "when"; "default", "told before", "to"
	Why    string // in words
}

// Explain is Tell, and says of every chat that is not told why not.
func (e *Endpoint) Explain(ctx context.Context, ev webhook.Event, in Inputs, dir *Directory) (Told, []Untold) {
	var untold []Untold
	told := e.tell(ctx, ev, in, dir, func(rule int, c Chat, v verdict) {
		untold = append(untold, Untold{Rule: rule + 1, Chat: c, Filter: v.why, Why: e.Rules[rule].inWords(v, ev)})
	})
	return told, untold
}

// observer hears of each chat that a rule does not tell.
type observer func(rule int, c Chat, v verdict)

func nobody(int, Chat, verdict) {}

// unresolved is a chat that nobody knows, as the rule calls it.
func unresolved(name string) Chat {
	key, _ := chat.ParseKey(name)
	return Chat{Name: name, Key: key}
}

// inWords says why a rule does not tell of an event.
func (r *Rule) inWords(v verdict, e webhook.Event) string {
	what := strings.TrimSuffix(e.Type+"."+e.Action, ".")
	switch v.why {
	case notDefault:
		return fmt.Sprintf("this %s is no default event, and the rule names neither events nor when", what)
	case toldBefore, "to":
		return v.cause
	case "drafts":
		return "it is a draft"
	case "confidential":
		return "it is confidential, and the rule does not say confidential: true"
	case "min_severity":
		return fmt.Sprintf("its severity is %s, the rule wants %s or more", e.Severity, r.filter.severity)
	case "events":
		return fmt.Sprintf("%s is none of %s", what, r.filter.events)
	case "branches":
		return listed("branch", []string{e.Branch}, r.filter.branches)
	case "labels":
		return listed("label", e.Labels, r.filter.labels)
	case "authors":
		return listed("author", []string{e.Actor.Name, e.Author}, r.filter.authors)
	case "ignore_authors":
		return listed("author", []string{e.Actor.Name, e.Author}, nil) + " is ignored"
	case "paths":
		return listed("path", e.Paths, r.filter.paths)
	default:
		if v.cause != "" {
			return "it cannot tell: " + v.cause
		}
		return "it is false"
	}
}

// shownValues bounds how many of an event's values a reason lists.
const shownValues = 5

// listed says which values are none of the patterns.
func listed(noun string, values []string, wanted globs) string {
	var known []string
	for _, v := range values {
		if v != "" && len(known) < shownValues {
			known = append(known, v)
		}
	}
	is := "it has no " + noun
	if len(known) > 0 {
		is = "its " + noun + " " + strings.Join(known, ", ")
	}
	switch {
	case wanted == nil:
		return is
	case len(known) == 0:
		return is + fmt.Sprintf(", the rule wants one of %s", wanted)
	default:
		return is + fmt.Sprintf(" is none of %s", wanted)
	}
}
