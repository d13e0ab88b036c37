package cli

import (
	"fmt"
	"strings"
)

// printRendered writes it for a person.
func (p *Program) printRendered(said rendered) error {
	var b strings.Builder
	for _, n := range said.Notes {
		b.WriteString("note: " + n + "\n")
	}
	if said.Answered != "" {
		fmt.Fprintf(&b, "answered at once, no job: %s\n", printable(strings.TrimSpace(said.Answered)))
	}
	told := 0
	for _, e := range said.Events {
		told += len(e.Told)
		e.print(&b)
	}
	if told == 0 {
		b.WriteString("nobody is told\n")
	}
	_, err := fmt.Fprint(p.Stdout, b.String())
	return err
}

func (e renderedEvent) print(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s\n", strings.TrimSuffix(e.Type+"."+e.Action, "."), printable(e.Title))
	for _, t := range e.Told {
		fmt.Fprintf(b, "\n  %s is told, by rule %d (%s, %s)\n", named(t.Chat, t.ChatKey), t.Rule, t.Locale, t.Verbosity)
		for line := range strings.Lines(printable(t.Text)) {
			b.WriteString("    | " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	if len(e.NotTold) > 0 {
		b.WriteString("\n")
	}
	for _, u := range e.NotTold {
		fmt.Fprintf(b, "  %s is not told by rule %d: %s\n", named(u.Chat, u.ChatKey), u.Rule, printable(u.reason()))
	}
	for _, w := range e.Warnings {
		b.WriteString("  warning: " + printable(w) + "\n")
	}
	b.WriteString("\n")
}

// reason puts the key of the file before its words.
func (u renderedUntold) reason() string {
	switch u.Filter {
	case "default", "told before", "to":
		return u.Why
	default:
		return u.Filter + ": " + u.Why
	}
}

// named is a chat by its alias and its key.
func named(alias, key string) string {
	if alias == key || key == "" {
		return alias
	}
	return alias + " (" + key + ")"
}
