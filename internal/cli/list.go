package cli

import (
	"fmt"
	"strings"

	"postern/internal/app"
	"postern/pkg/source"
)

// listedSource is what "postern send --json" says of a source.
type listedSource struct {
	Source string        `json:"source"`
	Events []listedEvent `json:"events"`
}

type listedEvent struct {
	Event string `json:"event"`
	About string `json:"about"`
}

func listed(d source.Definition) (listedSource, error) {
	samples, err := source.Samples(d)
	l := listedSource{Source: d.Name, Events: []listedEvent{}}
	for _, s := range samples {
		l.Events = append(l.Events, listedEvent{s.Event, s.About})
	}
	return l, err
}

// listSources names every source and its events.
func (p *Program) listSources(asJSON bool) error {
	var all []listedSource
	for _, d := range app.Sources(p.Plugins) {
		l, err := listed(d)
		if err != nil {
			return err
		}
		all = append(all, l)
	}
	if asJSON {
		return p.printJSON(all)
	}
	for _, l := range all {
		var names []string
		for _, e := range l.Events {
			names = append(names, e.Event)
		}
		_, _ = fmt.Fprintf(p.Stdout, "%-18s %s\n", l.Source, strings.Join(names, " "))
	}
	_, err := fmt.Fprintf(p.Stdout, "\n%q tells more of one.\n", p.Name+" send SOURCE")
	return err
}

// listEvents names what there is of one source.
func (p *Program) listEvents(d source.Definition, asJSON bool) error {
	l, err := listed(d)
	switch {
	case err != nil:
		return err
	case asJSON:
		return p.printJSON(l)
	case len(l.Events) == 0:
		_, err := fmt.Fprintf(p.Stdout, "this version has no samples of %s\n", d.Name)
		return err
	}
	wide := 0
	for _, e := range l.Events {
		wide = max(wide, len(e.Event))
	}
	for _, e := range l.Events {
		_, _ = fmt.Fprintf(p.Stdout, "%-*s  %s\n", wide, e.Event, e.About)
	}
	return nil
}
