package cli

import (
	"context"
	"io"
	"time"

	"postern/internal/routing"
)

// Tell says text in a chat, and gives how many of how many parts were said.
func Tell(ctx context.Context, to routing.Chat, text string) (said, parts int, err error) {
	t, err := send(ctx, to, text)
	return t.said, t.parts, err
}

// NewFirstLine holds back what is written to it until Say.
func NewFirstLine(to io.Writer) *firstLine { return &firstLine{to: to} }

func (f *firstLine) Say(text string) { f.say(text) }

// On makes the program's output that of a terminal so wide, or of a pipe, at a
// time.
func (p *Program) On(width int, colour bool, now time.Time) {
	p.screen = &screen{width: width, colour: colour, now: func() time.Time { return now }}
}
