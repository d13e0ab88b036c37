package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"postern/internal/app"
	"postern/internal/config"
)

// defaultFile is read from the working directory, where it exists.
const defaultFile = "postern.yaml"

// flags makes a command's flag set with the flag that all share.
func (p *Program) flags(name string) (set *flag.FlagSet, configFile *string) {
	set = flag.NewFlagSet(p.Name+" "+name, flag.ContinueOnError)
	set.SetOutput(p.Stderr)
	file := set.String("config", "", "config `FILE` (default: $POSTERN_CONFIG, else "+defaultFile+" where it exists)")
	return set, file
}

// parse reads flags wherever they stand among the arguments, and wants exactly
// so many others.
func parse(set *flag.FlagSet, args []string, wants ...string) ([]string, error) {
	var rest []string
	for {
		if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usage("%s", err)
		}
		if set.NArg() == 0 {
			break
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
	if len(rest) != len(wants) {
		return nil, usage("%s wants %d arguments %v, got %d", set.Name(), len(wants), wants, len(rest))
	}
	return rest, nil
}

// file says which config is meant: the flag's, the environment's, or the one in
// the working directory; empty where there is none.
func (p *Program) file(named string) string {
	if named != "" {
		return named
	}
	if f, ok := p.Env("POSTERN_CONFIG"); ok && f != "" {
		return f
	}
	if _, err := os.Stat(defaultFile); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return defaultFile
	}
	return ""
}

// load reads the config; without one, the defaults.
func (p *Program) load(named string) (*config.Config, error) {
	file := p.file(named)
	if file == "" {
		return config.Default(), nil
	}
	cfg, err := config.Load(file, p.Env)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return cfg, nil
}

// build loads and builds: the code path of every start.
func (p *Program) build(cfg *config.Config) (*app.App, error) {
	a, err := app.Build(cfg, p.Plugins, p.Stdout, newLog(p.Stderr, cfg.Log))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return a, nil
}

func newLog(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // the config has checked it
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
