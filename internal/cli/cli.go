// Package cli is the operator's commands: it reads flags, loads the config and
// hands over to app. It serves nothing and stores nothing itself.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"postern/pkg/plugin"
)

// Exit codes of every program.
const (
	Clean    = 0
	Failure  = 1
	BadUsage = 2 // or a bad config
)

// Program is one call of one program.
type Program struct {
	Name    string // "postern", "receiver", "worker"
	Args    []string
	Env     func(string) (string, bool)
	Stdin   io.Reader // nil: none
	Stdout  io.Writer
	Stderr  io.Writer
	Plugins []plugin.Plugin

	screen *screen            // of Stdout; nil: it is looked at when it is needed
	asked  func(flags *flags) // is told a command's flags in place of its help
}

// errUsage is what a caller's mistake is; it is told already.
var errUsage = errors.New("bad usage")

// errTold is a bad config that is told already, as JSON.
var errTold = errors.New("told")

// usage makes an error of a caller's mistake.
func usage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, args...))
}

// command is one subcommand.
type command struct {
	name    string // of a part, the group's name is its first word
	args    string
	summary string
	run     func(ctx context.Context, p *Program, args []string) error
	parts   []command                                  // of a group, which does not run itself
	words   func(p *Program, before []string) []string // what the next argument may be; nil: anything
}

func (p *Program) commands() []command {
	part := map[string]command{
		"receiver": {name: "receiver", args: "[health]", summary: "the HTTP side: take, verify, store, answer 202", run: runReceiver},
		"worker":   {name: "worker", args: "[health]", summary: "the worker pool: expand events, send messages, run handlers", run: runWorker},
	}
	if only, ok := part[p.Name]; ok {
		return []command{only}
	}
	return []command{
		{name: "run", summary: "receiver and worker in one process, on an embedded store; without a config, a demo", run: runAll},
		part["receiver"],
		part["worker"],
		{name: "init", args: "[FILE]", summary: "write a commented starter config (postern.yaml)", run: runInit},
		{name: "check", summary: "check the config and say every fault; --print shows it as understood, --live asks the platforms", run: runCheck},
		{name: "send", args: "[SOURCE EVENT]", summary: "post a sample of a source's event, signed as the real sender does; without arguments, list them", run: runSend, words: sendWords},
		{name: "render", args: "[FILE]", summary: "show which chats would get what of an event, and why others would not; calls nobody, and takes a config without faults", run: runRender},
		{name: "notify", args: "CHAT TEXT", summary: "send one message to a chat and print what came of it", run: runNotify},
		jobsGroup(),
		webhooksGroup(),
		chatsGroup(),
		queuesGroup(),
		{name: "workers", summary: "who is working: what each does now, and did in the last minute", run: runWorkers},
		{name: "rejections", summary: "the last refused requests, each with a cause to act on", run: runRejections},
		{name: "health", summary: "ask the program that runs on this machine; exit 0 or 1", run: runHealth},
		{name: "version", summary: "print the version", run: runVersion},
		{name: "completion", args: "SHELL", summary: "print what makes bash, zsh or fish complete these commands", run: runCompletion, words: completionWords},
	}
}

// Main runs the program and gives its exit code. A first SIGTERM or SIGINT
// drains, a second one kills at once.
func (p *Program) Main(ctx context.Context) int {
	ctx, stop := untilSignal(ctx)
	defer stop()
	switch err := p.dispatch(ctx); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return Clean
	case errors.Is(err, errTold):
		return BadUsage
	case errors.Is(err, errUsage):
		p.complain(strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
		return BadUsage
	default:
		p.complain(err.Error())
		return Failure
	}
}

// untilSignal ends the context with the first signal. By then signals have
// their usual effect again: a second one that comes at once is not swallowed.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	first := make(chan os.Signal, 1)
	signal.Notify(first, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-first:
		case <-ctx.Done():
		}
		signal.Stop(first)
		cancel()
	}()
	return ctx, cancel
}

// complain puts the program's name before each line: a config may have many
// faults.
func (p *Program) complain(text string) {
	for line := range strings.Lines(text) {
		_, _ = fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, strings.TrimRight(line, "\n"))
	}
}

// dispatch finds the command. A program that is one command needs no name.
func (p *Program) dispatch(ctx context.Context) error {
	commands, args := p.commands(), commandFirst(p.Args)
	if len(commands) == 1 {
		args = append([]string{commands[0].name}, p.Args...)
		if len(p.Args) > 0 && p.Args[0] == "help" {
			args[1] = "-h"
		}
	}
	if len(args) == 0 {
		return usage("name a command, such as %q; %q lists them", p.Name+" run", p.Name+" help")
	}
	if isHelp(args[0]) {
		if len(args) == 1 {
			p.help(commands)
			return nil
		}
		args = append(slices.Clone(args[1:]), "-h")
	}
	c, rest, err := p.choose(commands, args)
	if err != nil {
		return err
	}
	return c.run(ctx, p, rest)
}

func isHelp(word string) bool {
	return slices.Contains([]string{"help", "-h", "-help", "--help"}, word)
}

// choose finds the command that the words name, and gives what is behind them.
func (p *Program) choose(commands []command, args []string) (command, []string, error) {
	for _, c := range commands {
		switch {
		case c.name != args[0]:
		case c.parts == nil:
			return c, args[1:], nil
		default:
			return p.part(c, commandFirst(args[1:]))
		}
	}
	return command{}, nil, usage("unknown command %q; %q lists them", args[0], p.Name+" help")
}

// part finds the command of a group. Where none is named, the list is meant.
func (p *Program) part(group command, args []string) (command, []string, error) {
	if len(args) > 0 && isHelp(args[0]) {
		return command{run: func(context.Context, *Program, []string) error { p.groupHelp(group); return nil }}, nil, nil
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"list"}, args...)
	}
	for _, c := range group.parts {
		if c.name == group.name+" "+args[0] {
			return c, args[1:], nil
		}
	}
	return command{}, nil, usage("unknown command %q; %q lists them", group.name+" "+args[0], p.Name+" help "+group.name)
}

// commandFirst moves a --config that stands before the command behind it.
func commandFirst(args []string) []string {
	i := 0
	for i < len(args) && (strings.HasPrefix(args[i], "--config") || strings.HasPrefix(args[i], "-config")) {
		if !strings.Contains(args[i], "=") {
			i++ // its value
		}
		i++
	}
	if i == 0 || i >= len(args) {
		return args
	}
	return slices.Concat(args[i:i+1], args[:i], args[i+1:])
}

func (p *Program) help(commands []command) {
	_, _ = fmt.Fprintf(p.Stdout, "usage: %s COMMAND [--config FILE] [...]\n\n", p.Name)
	p.helpLines(commands, "")
	_, _ = fmt.Fprintf(p.Stdout, "\n  --config FILE        default: $POSTERN_CONFIG, else %s in this folder, where it exists\n", defaultFile)
	_, _ = fmt.Fprintf(p.Stdout, "\n%q tells more of one.\n", p.Name+" help COMMAND")
}

func (p *Program) groupHelp(group command) {
	_, _ = fmt.Fprintf(p.Stdout, "usage: %s %s COMMAND [...]\n\n%s\n\n", p.Name, group.name, group.summary)
	p.helpLines(group.parts, group.name+" ")
	_, _ = fmt.Fprintf(p.Stdout, "\nWithout a COMMAND it is list. %q tells more of one.\n", p.Name+" help "+group.name+" COMMAND")
}

// helpLines has a line of each command, less the words that all begin with.
func (p *Program) helpLines(commands []command, less string) {
	for _, c := range commands {
		call := strings.TrimSpace(strings.TrimPrefix(c.name, less) + " " + c.args)
		_, _ = fmt.Fprintf(p.Stdout, "  %-20s %s\n", call, c.summary)
	}
}
