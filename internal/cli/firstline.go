package cli

import (
	"io"
	"sync"
)

// firstLine holds back what is written until the program has said its first
// line: that a store in memory keeps nothing must not follow a page of logs.
// Safe for concurrent use.
type firstLine struct {
	mu   sync.Mutex
	to   io.Writer
	held []byte
	said bool
}

// Write never fails while it holds back.
func (f *firstLine) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.said {
		return f.to.Write(b)
	}
	f.held = append(f.held, b...)
	return len(b), nil
}

// say writes the first line and all that was held back behind it. A second
// call writes its text alone.
func (f *firstLine) say(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, _ = io.WriteString(f.to, text)
	_, _ = f.to.Write(f.held)
	f.held, f.said = nil, true
}
