package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

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
