package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// flags are one command's flags and arguments.
type flags struct {
	*flag.FlagSet
	program *Program
	command string
	config  *string             // the flag that all commands share
	words   map[string][]string // what a flag's value may be, by its name
}

// flags makes the flags of a command. It prints nothing of its own accord: a
// mistake is one line, told by Main.
func (p *Program) flags(command string) *flags {
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	file := set.String("config", "", "config `FILE`; default: $POSTERN_CONFIG, else "+defaultFile+" where it exists")
	return &flags{FlagSet: set, program: p, command: command, config: file, words: map[string][]string{}}
}

// address makes the flag --listen, which takes the place of a configured one.
func (f *flags) address(what string) *string {
	into := new(string)
	f.Func("listen", "`ADDRESS` "+what+" in place of the config's", func(s string) error {
		_, port, err := net.SplitHostPort(s)
		if _, numberErr := strconv.ParseUint(port, 10, 16); err != nil || numberErr != nil {
			return errors.New("want host:port, such as 127.0.0.1:8080")
		}
		*into = s
		return nil
	})
	return into
}

// list makes a flag that may be repeated.
func (f *flags) list(name, usage string) *[]string {
	into := &[]string{}
	f.Func(name, usage, func(s string) error {
		*into = append(*into, s)
		return nil
	})
	return into
}

// parse reads flags wherever they stand among the arguments, up to a "--", and
// gives the others: those that are wanted, in brackets if they may be missing.
func (f *flags) parse(args []string, wants ...string) ([]string, error) {
	var rest, plain []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, plain = args[:i], args[i+1:]
	}
	for {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			f.help()
			return nil, err
		} else if err != nil {
			return nil, f.usage("%s", err)
		}
		if f.NArg() == 0 {
			break
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
	rest = append(rest, plain...)
	needed := slices.DeleteFunc(slices.Clone(wants), func(w string) bool { return strings.HasPrefix(w, "[") })
	switch {
	case len(rest) < len(needed):
		return nil, f.usage("%s is missing", needed[len(rest)])
	case len(rest) > len(wants):
		return nil, f.usage("unexpected argument %q", rest[len(wants)])
	}
	return rest, nil
}

// usage is a caller's mistake, with the way to what would be right.
func (f *flags) usage(format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if f.command != f.program.Name {
		what = f.command + ": " + what
	}
	return usage("%s; see %q", what, f.invocation()+" -h")
}

// invocation is how the command is called.
func (f *flags) invocation() string {
	if f.program.Name == f.command {
		return f.command
	}
	return f.program.Name + " " + f.command
}

func (f *flags) help() {
	if f.program.asked != nil {
		f.program.asked(f)
		return
	}
	out := f.program.Stdout
	for _, c := range flat(f.program.commands()) {
		if c.name == f.command {
			_, _ = fmt.Fprintf(out, "usage: %s\n\n%s\n\n", strings.TrimSpace(f.invocation()+" [FLAGS] "+c.args), c.summary)
		}
	}
	f.VisitAll(func(each *flag.Flag) {
		value, what := flag.UnquoteUsage(each)
		_, _ = fmt.Fprintf(out, "  %-20s %s\n", strings.TrimSpace("--"+each.Name+" "+value), what)
	})
}

// flat gives the parts of groups in the place of the groups.
func flat(commands []command) []command {
	var all []command
	for _, c := range commands {
		if c.parts == nil {
			all = append(all, c)
		}
		all = append(all, c.parts...)
	}
	return all
}
