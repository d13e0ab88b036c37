package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"postern/internal/app"
	"postern/internal/config"
	"postern/internal/embedded"
	"postern/pkg/secret"
)

func runReceiver(ctx context.Context, p *Program, args []string) error {
	return p.servePart(ctx, "receiver", args, app.Part{Receiver: true}, func(c *config.Config) *string { return &c.HTTP.Listen })
}

func runWorker(ctx context.Context, p *Program, args []string) error {
	return p.servePart(ctx, "worker", args, app.Part{Worker: true}, func(c *config.Config) *string { return &c.Worker.Listen })
}

// servePart serves one half, or asks the one that runs whether it is well.
func (p *Program) servePart(ctx context.Context, name string, args []string, part app.Part, listen func(*config.Config) *string) error {
	health := len(args) > 0 && args[0] == "health"
	if health {
		args = args[1:]
	}
	set, file := p.flags(name)
	address := set.String("listen", "", "`ADDRESS` in place of the config's")
	if _, err := parse(set, args); err != nil {
		return err
	}
	cfg, err := p.load(*file)
	if err != nil {
		return err
	}
	if *address != "" {
		*listen(cfg) = *address
	}
	if health {
		return p.ask(ctx, *listen(cfg))
	}
	if _, ours, _ := embedded.Parse(cfg.Redis.URL.Reveal()); ours {
		return fmt.Errorf("%w: %w", errUsage,
			cfg.At("redis", "url").Errorf("an embedded store belongs to one process: use %q, or a redis:// URL", "postern run"))
	}
	a, err := p.build(cfg)
	if err != nil {
		return err
	}
	return a.Serve(ctx, part)
}

func runAll(ctx context.Context, p *Program, args []string) error {
	set, file := p.flags("run")
	address := set.String("listen", "", "`ADDRESS` of the receiver in place of the config's")
	if _, err := parse(set, args); err != nil {
		return err
	}
	if p.file(*file) == "" {
		return p.runDemo(ctx, *address)
	}
	cfg, err := p.load(*file)
	if err != nil {
		return err
	}
	if *address != "" {
		cfg.HTTP.Listen = *address
	}
	if cfg.At("redis", "url").IsZero() {
		cfg.Redis.URL = secret.New(dataFolder)
	}
	a, err := p.build(cfg)
	if err != nil {
		return err
	}
	p.announce(a, "")
	return noServer(a.Run(ctx, false))
}

// dataFolder is where "postern run" keeps its store.
const dataFolder = "embedded:./postern-data"

// noServer makes the lack of a server program a fault of the config: exit 2.
func noServer(err error) error {
	if errors.Is(err, embedded.ErrNoServer) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}

// announce prints where the program is to be found, and how long what it keeps
// will last.
func (p *Program) announce(a *app.App, hint string) {
	a.Ready = func(at app.Addresses) {
		if a.Memory {
			_, _ = fmt.Fprintf(p.Stderr, "Postern runs at http://%s. Its store is memory: nothing outlives this process.\n", at.Receiver)
		} else {
			_, _ = fmt.Fprintf(p.Stderr, "Postern runs at http://%s. What it has accepted outlives a restart.\n", at.Receiver)
		}
		_, _ = fmt.Fprint(p.Stderr, hint)
	}
}

func runHealth(ctx context.Context, p *Program, args []string) error {
	set, file := p.flags("health")
	address := set.String("listen", "", "`ADDRESS` to ask in place of the config's")
	if _, err := parse(set, args); errors.Is(err, flag.ErrHelp) || err != nil {
		return err
	}
	cfg, err := p.load(*file)
	if err != nil {
		return err
	}
	if *address != "" {
		cfg.HTTP.Listen = *address
	}
	return p.ask(ctx, cfg.HTTP.Listen)
}
