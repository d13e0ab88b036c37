package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"postern/internal/app"
	"postern/internal/routing"
	"postern/pkg/chat"
)

// notifyTimeout bounds the calls of "postern notify".
const notifyTimeout = 60 * time.Second

// notified is what "postern notify --json" says.
type notified struct {
	Chat      string `json:"chat"`
	ChatKey   string `json:"chat_key"`
	Sent      bool   `json:"sent"`
	MessageID string `json:"message_id"`
	Queued    bool   `json:"queued"` // taken, but to be said later
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
	to, err := a.Setup.Directory.Resolve(words[0])
	if err != nil {
		return badConfig(err)
	}
	receipt, err := send(ctx, to, words[1])
	said := notified{
		Chat: to.Name, ChatKey: to.Key.String(), Sent: err == nil,
		MessageID: receipt.MessageID, Queued: receipt.Queued,
	}
	if err != nil {
		said.Error = err.Error()
		err = fmt.Errorf("%s (%s) did not take it: %w", said.Chat, said.ChatKey, err)
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

// send says all parts of a text, and gives the receipt of the first.
func send(ctx context.Context, to routing.Chat, text string) (first chat.Receipt, err error) {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	d := chat.Delivery{
		ID: uuid.NewString(), Channel: to.Channel, Message: chat.Message{Body: chat.Plain(text)}, AcceptedAt: time.Now(),
	}
	parts := 1
	if s, ok := to.Sender.(chat.Splitter); ok {
		parts = s.Parts(d)
	}
	for d.Part = range parts {
		receipt, err := to.Sender.Send(ctx, d)
		if err != nil {
			return first, err
		}
		if d.Part == 0 {
			first = receipt
		}
	}
	return first, nil
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
