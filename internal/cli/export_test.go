package cli

import "io"

// NewFirstLine holds back what is written to it until Say.
func NewFirstLine(to io.Writer) *firstLine { return &firstLine{to: to} }

func (f *firstLine) Say(text string) { f.say(text) }
