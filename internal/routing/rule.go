package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"postern/internal/config"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Rule is one compiled notify rule: which events it tells, to whom, and how.
type Rule struct {
	To        []string // aliases or chat keys
	Locale    source.Locale
	Verbosity source.Verbosity
	Mentions  []string

	filter   filter
	when     *condition // nil: none
	template *Template  // nil: the built-in message
}

// filter is all that a rule writes beside its `when`. An empty list is a
// filter that is not written.
type filter struct {
	events        globs
	branches      globs
	labels        globs
	authors       globs
	ignoreAuthors globs
	paths         globs
	noDrafts      bool
	confidential  bool
	severity      webhook.Severity
	onlyDefault   bool // neither events nor when is written
}

// CompileRules compiles the rules of an endpoint. Its error joins every fault,
// each with its place in the file.
func CompileRules(written []config.Rule) ([]Rule, error) {
	c, err := newCompiler()
	if err != nil {
		return nil, err
	}
	return c.rules(written)
}

// compiler compiles rules; one serves a whole config.
type compiler struct{ conditions *conditions }

func newCompiler() (*compiler, error) {
	conditions, err := newConditions()
	if err != nil {
		return nil, err
	}
	return &compiler{conditions: conditions}, nil
}

func (c *compiler) rules(written []config.Rule) ([]Rule, error) {
	var errs []error
	rules := make([]Rule, 0, len(written))
	for _, w := range written {
		r, err := c.rule(w)
		errs = append(errs, err)
		rules = append(rules, r)
	}
	return rules, errors.Join(errs...)
}

func (c *compiler) rule(w config.Rule) (Rule, error) {
	r := Rule{To: w.To, Locale: w.Locale, Verbosity: w.Verbosity, Mentions: w.Mention}
	var errs []error
	fault := func(at config.Node, err error) { errs = append(errs, at.Wrap(at.Shown(err, "it does not compile"))) }
	if len(w.To) == 0 {
		errs = append(errs, w.At.Errorf("to: no chat is named"))
	}
	r.filter = filterOf(w, fault)
	var err error
	if w.When != "" {
		r.when, err = c.conditions.compile(w.When)
		fault(w.At.Field("when"), err)
	}
	if w.Template != "" {
		r.template, err = ParseTemplate(w.Template)
		fault(w.At.Field("template"), err)
	}
	return r, errors.Join(errs...)
}

func filterOf(w config.Rule, fault func(at config.Node, err error)) filter {
	compiled := func(key string, patterns []string, kind globKind, foldCase bool) globs {
		var gs globs
		for i, p := range patterns {
			g, err := compileGlob(p, kind, foldCase)
			if err != nil {
				err = fmt.Errorf("%q: %w", p, err)
			}
			fault(w.At.Field(key).Item(i), err)
			gs = append(gs, g)
		}
		return gs
	}
	f := filter{
		events:        compiled("events", w.Events, words, false),
		branches:      compiled("branches", w.Branches, names, false),
		labels:        compiled("labels", w.Labels, words, false),
		authors:       compiled("authors", w.Authors, words, true),
		ignoreAuthors: compiled("ignore_authors", w.IgnoreAuthors, words, true),
		paths:         compiled("paths", w.Paths, names, false),
		noDrafts:      w.Drafts != nil && !*w.Drafts,
		confidential:  w.Confidential != nil && *w.Confidential,
		severity:      webhook.Severity(w.MinSeverity),
		onlyDefault:   len(w.Events) == 0 && w.When == "",
	}
	if w.MinSeverity != "" && rank(f.severity) < 0 {
		fault(w.At.Field("min_severity"), fmt.Errorf("%q is none of %v", w.MinSeverity, severities()))
	}
	return f
}

func severities() []webhook.Severity {
	return []webhook.Severity{
		webhook.Debug, webhook.Info, webhook.Notice, webhook.Warning, webhook.Error, webhook.Critical,
	}
}

// rank orders severities; one that nobody knows is below all.
func rank(s webhook.Severity) int { return slices.Index(severities(), s) }

// hearsOf looks for the type and for type.action, so that a bare type is any
// action of it. An event without a type is heard by a lone star.
func (f *filter) hearsOf(e webhook.Event) bool {
	if slices.ContainsFunc(f.events, func(g glob) bool { return g.literal == "*" }) {
		return true
	}
	if e.Action == "" {
		return f.events.any(e.Type)
	}
	return f.events.any(e.Type, e.Type+"."+e.Action)
}

// verdict is what a rule says of an event.
type verdict struct {
	holds bool
	why   string // it does not hold
	code  string // of a warning; empty: none
	cause string
}

// judge asks the filters, then the condition. A condition that cannot tell
// does not hold; one that was stopped does: better one message too many.
func (r *Rule) judge(ctx context.Context, v *view) verdict {
	if failed := r.filter.refuses(v.event); failed != "" {
		return verdict{why: failed}
	}
	if r.when == nil {
		return verdict{holds: true}
	}
	held, err := r.when.holds(ctx, v)
	switch {
	case errors.Is(err, errWhenCost):
		return verdict{holds: true, code: "when_cost", cause: err.Error()}
	case err != nil:
		return verdict{why: "when", code: "when_failed", cause: err.Error()}
	case !held:
		return verdict{why: "when"}
	}
	return verdict{holds: true}
}
