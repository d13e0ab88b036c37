// Package console says messages on the program's standard output, for trying
// Postern and for logs. It never writes anywhere else, and nothing in a message
// can steer the terminal.
package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"postern/pkg/chat"
)

// Definition registers this chat as "console".
func Definition() chat.Definition { return chat.Define("console", New) }

// Config has no settings.
type Config struct{}

// Sender writes one block per message.
type Sender struct {
	mu  *sync.Mutex // blocks are never mixed
	out io.Writer
}

var _ chat.Sender = (*Sender)(nil)

// New makes a Sender on tools.Stdout.
func New(_ Config, tools chat.Tools) (*Sender, error) {
	if tools.Stdout == nil {
		return nil, errors.New("there is no standard output")
	}
	return &Sender{mu: &sync.Mutex{}, out: tools.Stdout}, nil
}

// Capabilities says that order does not matter: blocks stand for themselves.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Unordered: true}
}

// Send writes d as one block: a line that names it, the text behind a margin,
// so that no text can pretend to be a block, and an empty line.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return chat.Receipt{}, err
	}
	block := block(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.out, block); err != nil {
		return chat.Receipt{}, fmt.Errorf("write to the console: %w", err)
	}
	return chat.Receipt{}, nil
}

func block(d chat.Delivery) string {
	var b strings.Builder
	fmt.Fprintf(&b, "── %s · %s\n", line(cmp.Or(d.Chat, d.Channel)), line(d.ID))
	for _, m := range d.Message.Mentions {
		fmt.Fprintf(&b, "  @%s\n", line(m))
	}
	for l := range strings.SplitSeq(d.Message.Text(), "\n") {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	b.WriteByte('\n')
	return b.String()
}

func line(s string) string { return strings.Join(strings.Fields(chat.Clean(s)), " ") }
