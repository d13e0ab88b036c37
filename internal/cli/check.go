package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postern/internal/app"
	"postern/internal/config"
)

// checked is what "postern check --json" says.
type checked struct {
	File      string   `json:"file"`
	Good      bool     `json:"good"`
	Endpoints int      `json:"endpoints"`
	Chats     int      `json:"chats"`
	Warnings  []string `json:"warnings"`
	Faults    []string `json:"faults"`
	Live      []asked  `json:"live,omitempty"` // with --live
}

func runCheck(ctx context.Context, p *Program, args []string) error {
	set := p.flags("check")
	show := set.Bool("print", false, "print the config as it is understood, secrets masked")
	live := set.Bool("live", false, "ask each platform whether the credentials work, without posting; exit 1 if one says no")
	asJSON := set.Bool("json", false, "print the result as JSON")
	if _, err := set.parse(args); err != nil {
		return err
	}
	file := p.file(*set.config)
	switch {
	case *show && *asJSON:
		return set.usage("one of --print and --json")
	case *show && *live:
		return set.usage("one of --print and --live")
	case file == "":
		return usage("there is no config: name one with --config, or write one with %q", p.Name+" init")
	}
	a, err := p.open(file)
	if err != nil && *asJSON {
		faults := strings.Split(strings.TrimPrefix(err.Error(), errUsage.Error()+": "), "\n")
		return errors.Join(p.printJSON(checked{File: file, Warnings: []string{}, Faults: faults}), errTold)
	}
	if err != nil {
		return err
	}
	defer a.Close(ctx)
	var answers []asked
	if *live {
		answers = p.askAll(ctx, a.Setup.Directory.Accounts())
	}
	switch {
	case *asJSON:
		err = p.printJSON(goodCheck(file, a, answers))
	case *show:
		p.warn(a)
		err = config.Print(p.Stdout, a.Config)
	default:
		p.warn(a)
		_, _ = fmt.Fprintf(p.Stdout, "%s is good: %d endpoints, %d chats\n", file, len(a.Setup.Table.All()), len(a.Setup.Directory.All()))
		p.printAsked(answers)
	}
	return errors.Join(err, refused(answers))
}

func goodCheck(file string, a *app.App, answers []asked) checked {
	return checked{
		File: file, Good: true, Endpoints: len(a.Setup.Table.All()), Chats: len(a.Setup.Directory.All()),
		Warnings: append([]string{}, a.Setup.Warnings...), Faults: []string{}, Live: answers,
	}
}

func (p *Program) warn(a *app.App) {
	for _, w := range a.Setup.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning:", w)
	}
}
