package cli

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// screen is what a person looks at, or a file or a pipe in its place.
type screen struct {
	width  int // in columns; 0: it is no terminal, and nothing is cut
	colour bool
	now    func() time.Time
}

// terminal says whether a person looks at it.
func (s *screen) terminal() bool { return s.width > 0 }

// look gives the screen that the output goes to.
func (p *Program) look() *screen {
	if p.screen != nil {
		return p.screen
	}
	s := &screen{now: time.Now}
	if f, ok := p.Stdout.(*os.File); ok {
		s.width = columns(f)
	}
	if n, err := strconv.Atoi(p.variable("COLUMNS")); err == nil && n > 0 && s.terminal() {
		s.width = n
	}
	s.colour = s.terminal() && p.variable("NO_COLOR") == "" && p.variable("TERM") != "dumb"
	p.screen = s
	return s
}

// variable gives one of the environment, empty where it is not set.
func (p *Program) variable(name string) string {
	value, _ := p.Env(name)
	return value
}

// tone is how a word is meant.
type tone string

// The tones, as a terminal is told them (ECMA-48, SGR).
const (
	plain tone = ""
	good  tone = "32"
	bad   tone = "31"
	wary  tone = "33"
	faint tone = "2"
	loud  tone = "1"
)

// paint colours a text where colours are wanted.
func (s *screen) paint(text string, t tone) string {
	if !s.colour || t == plain || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}

// moment is a time in full.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// when is a time as it is read: how long ago on a terminal, else in full.
func (s *screen) when(t time.Time) string {
	if !s.terminal() {
		return moment(t)
	}
	return s.age(t)
}

func (s *screen) age(t time.Time) string {
	if d := s.now().Sub(t); d >= 0 {
		return roughly(d) + " ago"
	} else {
		return "in " + roughly(-d)
	}
}

// both is a time in full and, on a terminal, how long ago that is.
func (s *screen) both(t time.Time) string {
	if !s.terminal() {
		return moment(t)
	}
	return moment(t) + " (" + s.age(t) + ")"
}

// roughly is a duration in its largest unit.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
}
