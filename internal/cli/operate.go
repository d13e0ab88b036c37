package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"postern/internal/app"
	"postern/internal/config"
)

func runInit(_ context.Context, p *Program, args []string) error {
	set := p.flags("init")
	names, err := set.parse(args, "[FILE]")
	if err != nil {
		return err
	}
	name := p.file(*set.config)
	if len(names) == 1 {
		name = names[0]
	}
	if name == "" {
		name = defaultFile
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already; it is left as it is", name)
	}
	if err != nil {
		return fmt.Errorf("write starter config: %w", err)
	}
	_, err = f.Write(config.Starter())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write starter config: %w", err)
	}
	_, _ = fmt.Fprintf(p.Stdout, "wrote %s; next: %s check --config %s\n", name, p.Name, name)
	return nil
}

// checked is what "postern check --json" says.
type checked struct {
	File      string   `json:"file"`
	Good      bool     `json:"good"`
	Endpoints int      `json:"endpoints"`
	Chats     int      `json:"chats"`
	Warnings  []string `json:"warnings"`
	Faults    []string `json:"faults"`
}

func runCheck(_ context.Context, p *Program, args []string) error {
	set := p.flags("check")
	show := set.Bool("print", false, "print the config as it is understood, secrets masked")
	asJSON := set.Bool("json", false, "print the result as JSON")
	if _, err := set.parse(args); err != nil {
		return err
	}
	file := p.file(*set.config)
	switch {
	case *show && *asJSON:
		return set.usage("one of --print and --json")
	case file == "":
		return usage("there is no config: name one with --config, or write one with %q", p.Name+" init")
	}
	a, err := p.open(file)
	if *asJSON {
		said := checked{File: file, Good: err == nil, Warnings: []string{}, Faults: []string{}}
		if err != nil {
			said.Faults = strings.Split(strings.TrimPrefix(err.Error(), errUsage.Error()+": "), "\n")
			return errors.Join(p.printJSON(said), errTold)
		}
		said.Endpoints, said.Chats = len(a.Setup.Table.All()), len(a.Setup.Directory.All())
		said.Warnings = append(said.Warnings, a.Setup.Warnings...)
		return p.printJSON(said)
	}
	if err != nil {
		return err
	}
	for _, w := range a.Setup.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning:", w)
	}
	if *show {
		return config.Print(p.Stdout, a.Config)
	}
	_, _ = fmt.Fprintf(p.Stdout, "%s is good: %d endpoints, %d chats\n", file, len(a.Setup.Table.All()), len(a.Setup.Directory.All()))
	return nil
}

func runVersion(_ context.Context, p *Program, args []string) error {
	set := p.flags("version")
	asJSON := set.Bool("json", false, "print it as JSON")
	if _, err := set.parse(args); err != nil {
		return err
	}
	version := app.Version()
	if *asJSON {
		return p.printJSON(map[string]string{"program": p.Name, "version": version})
	}
	_, _ = fmt.Fprintln(p.Stdout, p.Name, version)
	return nil
}

func (p *Program) printJSON(v any) error {
	out := json.NewEncoder(p.Stdout)
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
