package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postern/internal/app"
	"postern/internal/config"
	"postern/internal/embedded"
	"postern/internal/redisconn"
	"postern/pkg/secret"
)

func runReceiver(ctx context.Context, p *Program, args []string) error {
	return p.servePart(ctx, "receiver", args, app.Part{Receiver: true}, receiverListen)
}

func runWorker(ctx context.Context, p *Program, args []string) error {
	return p.servePart(ctx, "worker", args, app.Part{Worker: true}, workerListen)
}

// servePart serves one half, or asks the one that runs whether it is well.
func (p *Program) servePart(ctx context.Context, name string, args []string, part app.Part, listen func(*config.Config) *string) error {
	set := p.flags(name)
	address := set.address("to serve, or to ask,")
	words, err := set.parse(args, "[health]")
	switch {
	case err != nil:
		return err
	case len(words) == 1 && words[0] != "health":
		return set.usage("unexpected argument %q", words[0])
	case len(words) == 1:
		return p.askAt(ctx, *set.config, *address, listen)
	}
	a, err := p.open(*set.config, shared)
	if err != nil {
		return err
	}
	if *address != "" {
		*listen(a.Config) = *address
	}
	return a.Serve(ctx, part)
}

// shared refuses a store that another program could not reach.
func shared(cfg *config.Config) error {
	at := cfg.At("redis", "url")
	if _, ours, _ := embedded.Parse(cfg.Redis.URL.Reveal()); !ours || at.Told() {
		return nil
	}
	return at.Errorf("an embedded store belongs to one process: use %q, or a redis:// URL", "postern run")
}

// stored refuses the address of a store that cannot be read. Nothing is opened.
func stored(cfg *config.Config) error {
	at := cfg.At("redis", "url")
	_, ours, err := embedded.Parse(cfg.Redis.URL.Reveal())
	if !ours {
		_, err = redisconn.Parse(cfg.Redis.URL.Reveal())
	}
	if err == nil || at.Told() {
		return nil
	}
	return at.Errorf("%s", strings.TrimPrefix(err.Error(), "redis url: "))
}

func runAll(ctx context.Context, p *Program, args []string) error {
	set := p.flags("run")
	address := set.address("of the receiver")
	if _, err := set.parse(args); err != nil {
		return err
	}
	first := &firstLine{to: p.Stderr}
	p.Stderr = first
	defer first.say("") // what an early end has held back
	if p.file(*set.config) == "" {
		return p.runDemo(ctx, *address, first)
	}
	a, err := p.open(*set.config)
	if err != nil {
		return err
	}
	if *address != "" {
		a.Config.HTTP.Listen = *address
	}
	if a.Config.At("redis", "url").IsZero() {
		a.Config.Redis.URL = secret.New(dataFolder)
	}
	if spec, ours, _ := embedded.Parse(a.Config.Redis.URL.Reveal()); !ours || spec.Dir != "" {
		first.say("") // a server may take long to load: its logs do not wait
	}
	announce(a, first)
	return noServer(a.Run(ctx, false))
}

// dataFolder is where "postern run" keeps its store.
const dataFolder = "embedded:./postern-data"

// noServer makes the lack of a server program a fault of the config: exit 2.
func noServer(err error) error {
	if errors.Is(err, embedded.ErrNoServer) {
		return badConfig(err)
	}
	return err
}

// announce prints where the program is to be found, and how long what it keeps
// will last.
func announce(a *app.App, first *firstLine) {
	a.Ready = func(at app.Addresses) {
		lasts := "What it has accepted outlives a restart."
		if a.Memory {
			lasts = "Its store is memory: nothing outlives this process."
		}
		first.say(fmt.Sprintf("Postern runs at http://%s. %s\n", at.Receiver, lasts))
	}
}

func runHealth(ctx context.Context, p *Program, args []string) error {
	set := p.flags("health")
	address := set.address("to ask")
	if _, err := set.parse(args); err != nil {
		return err
	}
	return p.askAt(ctx, *set.config, *address, receiverListen)
}

func receiverListen(c *config.Config) *string { return &c.HTTP.Listen }

func workerListen(c *config.Config) *string { return &c.Worker.Listen }
