package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"postern/internal/config"
	"postern/pkg/chat"
)

func runInit(_ context.Context, p *Program, args []string) error {
	set, _ := p.flags("init")
	if len(args) == 0 {
		args = []string{defaultFile}
	}
	names, err := parse(set, args, "FILE")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(names[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already; it is left as it is", names[0])
	}
	if err != nil {
		return fmt.Errorf("write starter config: %w", err)
	}
	_, err = f.Write(config.Starter())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write starter config: %w", err)
	}
	_, _ = fmt.Fprintf(p.Stdout, "wrote %s; next: %s check --config %s\n", names[0], p.Name, names[0])
	return nil
}

func runCheck(_ context.Context, p *Program, args []string) error {
	set, file := p.flags("check")
	show := set.Bool("print", false, "print the config as it is understood, secrets masked")
	if _, err := parse(set, args); err != nil {
		return err
	}
	if p.file(*file) == "" {
		return usage("there is no config: name one with --config, or write one with %q", p.Name+" init")
	}
	cfg, err := p.load(*file)
	if err != nil {
		return err
	}
	a, err := p.build(cfg)
	if err != nil {
		return err
	}
	for _, w := range a.Setup.Warnings {
		_, _ = fmt.Fprintln(p.Stderr, "warning:", w)
	}
	if *show {
		return config.Print(p.Stdout, cfg)
	}
	_, _ = fmt.Fprintf(p.Stdout, "%s is good: %d endpoints, %d chats\n", p.file(*file), len(a.Setup.Table.All()), len(a.Setup.Directory.All()))
	return nil
}

// notifyTimeout bounds the one call of "postern notify".
const notifyTimeout = 60 * time.Second

func runNotify(ctx context.Context, p *Program, args []string) error {
	set, file := p.flags("notify")
	words, err := parse(set, args, "CHAT", "TEXT")
	if err != nil {
		return err
	}
	cfg, err := p.load(*file)
	if err != nil {
		return err
	}
	if p.file(*file) == "" {
		if cfg, err = demoConfig(demoSecrets{}); err != nil {
			return err
		}
	}
	a, err := p.build(cfg)
	if err != nil {
		return err
	}
	to, err := a.Setup.Directory.Resolve(words[0])
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	receipt, err := to.Sender.Send(ctx, chat.Delivery{
		ID: uuid.NewString(), Channel: to.Channel, Message: chat.Message{Body: chat.Plain(words[1])}, AcceptedAt: time.Now(),
	})
	if err != nil {
		return fmt.Errorf("%s (%s) did not take it: %w", to.Name, to.Key, err)
	}
	_, _ = fmt.Fprintf(p.Stdout, "sent to %s (%s)", to.Name, to.Key)
	if receipt.MessageID != "" {
		_, _ = fmt.Fprintf(p.Stdout, ", message %s", receipt.MessageID)
	}
	if receipt.Queued {
		_, _ = fmt.Fprint(p.Stdout, ", queued there")
	}
	_, _ = fmt.Fprintln(p.Stdout)
	return nil
}

func runVersion(_ context.Context, p *Program, _ []string) error {
	version := "(development)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, _ = fmt.Fprintln(p.Stdout, p.Name, version)
	return nil
}
