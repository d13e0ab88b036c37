package cli

import (
	"context"
	"fmt"
	"strings"

	"postern/internal/app"
)

// notified is what "postern notify --json" says.
type notified struct {
	Chat      string `json:"chat"`
	ChatKey   string `json:"chat_key"`
	Sent      bool   `json:"sent"`
	MessageID string `json:"message_id"`
	Queued    bool   `json:"queued"` // taken, but to be said later
	Parts     int    `json:"parts"`  // in how many messages it is said
	Said      int    `json:"said"`   // how many of them stand there
	Error     string `json:"error"`  // the platform's words
}

func runNotify(ctx context.Context, p *Program, args []string) error {
	set := p.flags("notify")
	asJSON := set.Bool("json", false, "print the result as JSON")
	words, err := set.parse(args, "CHAT", "TEXT")
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(words[1]) == "":
		return set.usage("TEXT is empty")
	}
	a, err := p.openOrDemo(*set.config)
	if err != nil {
		return err
	}
	defer a.Close(ctx)
	to, err := a.Setup.Directory.Resolve(words[0])
	if err != nil {
		return badConfig(err)
	}
	told, err := send(ctx, to, words[1])
	said := notified{
		Chat: to.Name, ChatKey: to.Key.String(), Sent: err == nil,
		MessageID: told.receipt.MessageID, Queued: told.receipt.Queued, Parts: told.parts, Said: told.said,
	}
	if err != nil {
		said.Error = err.Error()
		err = said.failure(err)
	}
	if *asJSON {
		if err := p.printJSON(said); err != nil {
			return err
		}
	} else if err == nil {
		p.printReceipt(said)
	}
	return err
}

// openOrDemo is open; with no config it is the demo's, as in "postern run".
func (p *Program) openOrDemo(named string) (*app.App, error) {
	if p.file(named) != "" {
		return p.open(named)
	}
	cfg, err := demoConfig(newDemoSecrets())
	if err != nil {
		return nil, err
	}
	return p.build(cfg)
}

// failure says how much of it the chat took.
func (n notified) failure(err error) error {
	if n.Said > 0 {
		return fmt.Errorf("%s (%s): %d of %d parts were said: %w", n.Chat, n.ChatKey, n.Said, n.Parts, err)
	}
	return fmt.Errorf("%s (%s) did not take it: %w", n.Chat, n.ChatKey, err)
}

func (p *Program) printReceipt(n notified) {
	line := fmt.Sprintf("sent to %s (%s)", n.Chat, n.ChatKey)
	if n.MessageID != "" {
		line += ", message " + n.MessageID
	}
	if n.Queued {
		line += ", queued there"
	}
	_, _ = fmt.Fprintln(p.Stdout, line)
}
