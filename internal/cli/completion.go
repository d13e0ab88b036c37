package cli

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"postern/internal/app"
)

// completions are what shells run; PROGRAM stands for the program's name.
//
//go:embed completion/*
var completions embed.FS

// shells are those that can be told.
func shells() []string { return []string{"bash", "fish", "zsh"} }

// completionWords are the arguments of "postern completion".
func completionWords(_ *Program, before []string) []string {
	if len(before) == 0 {
		return shells()
	}
	return nil
}

// runCompletion prints what a shell is to run. With "words" in the place of the
// shell it answers the shell: what the last word of the line may be.
func runCompletion(ctx context.Context, p *Program, args []string) error {
	if len(args) > 1 && args[0] == "words" && args[1] == "--" {
		return p.printWords(ctx, args[2:])
	}
	set := p.flags("completion")
	words, err := set.parse(args, "SHELL")
	if err != nil {
		return err
	}
	if !slices.Contains(shells(), words[0]) {
		return set.usage("unknown shell %q%s", words[0], didYouMean(words[0], shells()))
	}
	script, err := completions.ReadFile("completion/" + words[0])
	if err != nil {
		return fmt.Errorf("read the script: %w", err)
	}
	_, err = io.WriteString(p.Stdout, strings.ReplaceAll(string(script), "PROGRAM", p.Name))
	return err
}

func (p *Program) printWords(ctx context.Context, line []string) error {
	if len(line) == 0 {
		return nil
	}
	for _, word := range p.complete(ctx, line[:len(line)-1], line[len(line)-1]) {
		if _, err := fmt.Fprintln(p.Stdout, word); err != nil {
			return err
		}
	}
	return nil
}

// complete gives what a word may become, behind others. Nothing is called and
// no config is read.
func (p *Program) complete(ctx context.Context, before []string, word string) []string {
	if word == "=" { // bash takes "--flag=" apart
		word = ""
	}
	var found []string
	for _, each := range p.candidates(ctx, commandFirst(joined(before)), word) {
		if strings.HasPrefix(each, word) {
			found = append(found, each)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// joined makes "--flag", "=", "value" what "--flag", "value" is.
func joined(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" })
}

func (p *Program) candidates(ctx context.Context, before []string, word string) []string {
	helped := len(before) > 0 && before[0] == "help"
	if helped {
		before = before[1:]
	}
	if len(before) == 0 {
		return append(commandNames(p.commands(), ""), "help")
	}
	for _, group := range p.commands() {
		if group.parts != nil && group.name == before[0] && len(before) == 1 && !strings.HasPrefix(word, "-") {
			return commandNames(group.parts, group.name+" ")
		}
	}
	c, args, err := p.choose(p.commands(), before)
	if err != nil || c.name == "" || helped {
		return nil
	}
	set := p.flagsOf(ctx, c)
	if set == nil {
		return nil
	}
	return p.behind(c, set, args, word)
}

// behind gives what may stand behind a command and its arguments so far.
func (p *Program) behind(c command, set *flags, args []string, word string) []string {
	if name, ok := set.wantsValue(args); ok {
		return set.words[name]
	}
	name, _, assigned := strings.Cut(strings.TrimLeft(word, "-"), "=")
	switch {
	case strings.HasPrefix(word, "-") && assigned:
		return prefixed("--"+name+"=", set.words[name])
	case strings.HasPrefix(word, "-"):
		return set.names()
	case c.words != nil:
		return c.words(p, set.plain(args))
	default:
		return nil
	}
}

func prefixed(with string, words []string) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = with + w
	}
	return all
}

func commandNames(commands []command, less string) []string {
	var names []string
	for _, c := range commands {
		names = append(names, strings.TrimPrefix(c.name, less))
	}
	return names
}

// flagsOf asks a command for its flags, as its help is asked for.
func (p *Program) flagsOf(ctx context.Context, c command) *flags {
	var told *flags
	silent := &Program{
		Name: p.Name, Env: p.Env, Stdout: io.Discard, Stderr: io.Discard, Plugins: p.Plugins,
		asked: func(f *flags) { told = f },
	}
	if err := c.run(ctx, silent, []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return told
}

// names are the flags.
func (f *flags) names() []string {
	all := []string{"--help"}
	f.VisitAll(func(each *flag.Flag) { all = append(all, "--"+each.Name) })
	return all
}

// wantsValue names the flag whose value comes next.
func (f *flags) wantsValue(args []string) (name string, ok bool) {
	if len(args) == 0 {
		return "", false
	}
	last := args[len(args)-1]
	name = strings.TrimLeft(last, "-")
	return name, strings.HasPrefix(last, "-") && f.takesValue(name)
}

func (f *flags) takesValue(name string) bool {
	found := f.Lookup(name)
	if found == nil {
		return false
	}
	yes, ok := found.Value.(interface{ IsBoolFlag() bool })
	return !ok || !yes.IsBoolFlag()
}

// plain gives the arguments that are no flags.
func (f *flags) plain(args []string) []string {
	var rest []string
	for i := 0; i < len(args); i++ {
		switch {
		case !strings.HasPrefix(args[i], "-"):
			rest = append(rest, args[i])
		case f.takesValue(strings.TrimLeft(args[i], "-")):
			i++
		}
	}
	return rest
}

// sendWords are the sources, and the events of one.
func sendWords(p *Program, before []string) []string {
	var found []string
	for _, d := range app.Sources(p.Plugins) {
		switch {
		case len(before) == 0:
			found = append(found, d.Name)
		case len(before) == 1 && d.Name == before[0]:
			l, _ := listed(d) // what cannot be read completes nothing
			for _, e := range l.Events {
				found = append(found, e.Event)
			}
		}
	}
	return found
}
