package cli

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"text/template"

	"github.com/google/uuid"

	"postern/internal/app"
	"postern/internal/config"
)

// The demo: the built-in examples and the console, on loopback.
var (
	//go:embed demo.yaml
	demoYAML []byte
	//go:embed demo.txt
	demoText string
)

// demoPush is what the pasted curl posts: short, and without a quote that a
// shell would touch.
const demoPush = `{"ref":"refs/heads/main","repository":{"full_name":"acme/widgets","default_branch":"main"},` +
	`"pusher":{"name":"you"},"commits":[{"id":"1","message":"Hello, Postern"}],"head_commit":{"id":"1","message":"Hello, Postern"}}`

// demoSecrets are made anew at each start.
type demoSecrets struct{ GitHub, Token string }

func newDemoSecrets() demoSecrets { return demoSecrets{GitHub: rand.Text(), Token: rand.Text()} }

func demoConfig(s demoSecrets) (*config.Config, error) {
	cfg, err := config.Parse("demo.yaml", demoYAML, func(name string) (string, bool) {
		switch name {
		case "DEMO_GITHUB_SECRET":
			return s.GitHub, true
		case "DEMO_TOKEN":
			return s.Token, true
		}
		return "", false
	})
	if err != nil {
		return nil, fmt.Errorf("the demo's own config: %w", err)
	}
	return cfg, nil
}

// runDemo runs the built-in examples: with no config, nothing to install.
func (p *Program) runDemo(ctx context.Context, listen string, first *firstLine) error {
	secrets := newDemoSecrets()
	cfg, err := demoConfig(secrets)
	if err != nil {
		return err
	}
	if listen != "" {
		cfg.HTTP.Listen = listen
	}
	a, err := p.build(cfg)
	if err != nil {
		return err
	}
	announce(a, first)
	plain := a.Ready
	a.Ready = func(at app.Addresses) {
		plain(at)
		if err := p.invite(at, secrets); err != nil {
			a.Log.ErrorContext(ctx, "no invitation", "error", err)
		}
	}
	return a.Run(ctx, true)
}

// invite prints a curl line that works when pasted.
func (p *Program) invite(at app.Addresses, s demoSecrets) error {
	text, err := template.New("demo").Parse(demoText)
	if err != nil {
		return fmt.Errorf("read the invitation: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(s.GitHub))
	mac.Write([]byte(demoPush))
	var b bytes.Buffer
	err = text.Execute(&b, map[string]string{
		"Address": at.Receiver, "Signature": hex.EncodeToString(mac.Sum(nil)), "Body": demoPush,
		"Delivery": uuid.NewString(), "Token": s.Token, "Secret": s.GitHub,
	})
	if err != nil {
		return fmt.Errorf("word the invitation: %w", err)
	}
	_, err = p.Stderr.Write(b.Bytes())
	return err
}
