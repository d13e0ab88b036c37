package cli

import (
	"errors"
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

// load reads the config; without one, the defaults. Beside an error it gives
// what could be read, or nil.
func (p *Program) load(named string) (*config.Config, error) {
	file := p.file(named)
	if file == "" {
		return config.Default(), nil
	}
	return config.Load(file, p.Env)
}

// open loads and builds the config: the code path of every start and of every
// check. Its error joins all that reading, building and the command itself
// found wrong, in the order of the file.
func (p *Program) open(named string, wants ...func(*config.Config) error) (*app.App, error) {
	cfg, err := p.load(named)
	if cfg == nil {
		return nil, badConfig(err)
	}
	faults := []error{err, stored(cfg)}
	for _, want := range wants {
		faults = append(faults, want(cfg))
	}
	a, err := p.build(cfg)
	if err := config.Join(append(faults, err)...); err != nil {
		return nil, badConfig(err)
	}
	return a, nil
}

// badConfig makes an error a fault of the config: exit 2.
func badConfig(err error) error { return fmt.Errorf("%w: %w", errUsage, err) }

// build makes what a config names. It opens nothing.
func (p *Program) build(cfg *config.Config) (*app.App, error) {
	return app.Build(cfg, p.Plugins, p.Stdout, newLog(p.Stderr, cfg.Log))
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
