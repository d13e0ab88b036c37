package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"postern/internal/config"
)

// askAt asks the program that the config tells of. What else the config says
// is no matter here: only an address that cannot be read is an error.
func (p *Program) askAt(ctx context.Context, named, address string, listen func(*config.Config) *string) error {
	if address != "" {
		return p.ask(ctx, address)
	}
	cfg, err := p.load(named)
	if cfg == nil {
		return fmt.Errorf("not known where to ask: %w", err)
	}
	return p.ask(ctx, *listen(cfg))
}

// ask asks a program on this machine whether it is alive.
func (p *Program) ask(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return usage("listen address %q is not host:port", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", listen, err)
	}
	client := &http.Client{Transport: &http.Transport{}} // never through a proxy
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not healthy: %s answers %s", listen, answer.Status)
	}
	_, _ = fmt.Fprintln(p.Stdout, "healthy")
	return nil
}
