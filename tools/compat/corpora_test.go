package compat_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/internal/catalog"
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// plain are the events that are told by the generic line, by source: those
// that nobody acts on, or that tell nothing but their name.
func plain() map[string][]string {
	return map[string][]string{
		"github": {
			"deploy_key", "marketplace_purchase", "meta", "org_block", "page_build",
			"repository_dispatch", "repository_import", "workflow_dispatch",
		},
	}
}

func TestOctokit(t *testing.T) {
	t.Parallel()
	judge(t, octokitCorpus(t), 329)
}

func TestPlayground(t *testing.T) {
	t.Parallel()
	sizes := map[string]int{
		"azuredevops": 5, "bitbucket": 18, "bitbucket-server": 18, "docker": 1, "gitea": 17, "github": 48, "gitlab": 39, "gogs": 8,
	}
	for folder := range playgroundSources() {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			judge(t, playgroundCorpus(t, folder), sizes[folder])
		})
	}
}

func TestClientGo(t *testing.T) {
	t.Parallel()
	for folder, size := range map[string]int{"webhooks": 32, "systemhooks": 24} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			judge(t, clientGoCorpus(t, folder), size)
		})
	}
}

// tally counts what became of a corpus.
type tally struct {
	mu       sync.Mutex
	events   int
	messages int
	names    int            // that titles had to hold
	generic  map[string]int // by event
}

func (n *tally) add(p payload, generic bool, names, messages int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events++
	n.names += names
	n.messages += messages
	if generic {
		n.generic[p.event]++
	}
}

func (n *tally) report(c corpus) string {
	generic := 0
	for _, of := range n.generic {
		generic += of
	}
	return fmt.Sprintf("%s: %d payloads, %d events, %d messages on each of %d chats, %d names demanded of titles, %d events by the generic line (%s)",
		c.name, len(c.payloads), n.events, n.messages, len(catalog.Chats()), n.names, generic,
		strings.Join(slices.Sorted(maps.Keys(n.generic)), ", "))
}

// judge takes every payload of a corpus the whole way to every chat.
func judge(t *testing.T, c corpus, size int) {
	t.Helper()
	if len(c.payloads) != size {
		t.Errorf("%s: %d payloads, want %d", c.name, len(c.payloads), size)
	}
	counted := &tally{generic: map[string]int{}}
	t.Cleanup(func() { // when all payloads are through
		t.Log(counted.report(c))
	})
	for _, p := range c.payloads {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s, built := sourceNamed(t, p.source)
			if !built {
				t.Fatalf("this version has no source %s", p.source)
			}
			p.judge(t, s, counted)
		})
	}
}

func (p payload) judge(t *testing.T, s source.Source, counted *tally) {
	t.Helper()
	id, err := s.Identify(p.request())
	if err != nil || id.Type == "" {
		t.Fatalf("Identify = %+v, %v", id, err)
	}
	events, err := s.Events(p.request())
	if err != nil || len(events) == 0 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	demands := namings()[p.source].demands(parse(t, p.body))
	stages := newTheater(t, stages())
	for _, e := range events {
		generic := e.Title == source.Headline(e, source.English)
		if generic && !slices.Contains(plain()[p.source], p.event) {
			t.Errorf("told by the generic line: %s", e.Title)
		}
		p.named(t, e.Title, demands)
		counted.add(p, generic, len(demands), p.tell(t, s, e, demands, stages))
	}
}

// named holds a title against what it must name.
func (p payload) named(t *testing.T, text string, demands []demand) {
	t.Helper()
	for _, d := range demands {
		if !d.met(text) {
			t.Errorf("the %s is not named (%q): %s", d.what, d.anyOf, text)
		}
	}
}

// tell words an event in every way, sends each message everywhere, and gives
// how many there were.
func (p payload) tell(t *testing.T, s source.Source, e webhook.Event, demands []demand, stages theater) (messages int) {
	t.Helper()
	for _, l := range []source.Locale{source.English, source.Japanese, source.Chinese} {
		for _, v := range []source.Verbosity{source.Compact, source.Normal, source.Full} {
			m := s.Message(e, l, v)
			messages++
			for _, fault := range append(messageFaults(m, demands), stages.play(t, e, m)...) {
				t.Errorf("%s %s: %s", l, v, fault)
			}
		}
	}
	return messages
}

var markup = regexp.MustCompile(`(?i)<!--|<img\b|!\[[^\]]*\]\(`)

// messageFaults: a message has a title, names in title or fields what it must,
// and holds no markup of its sender but where it quotes code.
func messageFaults(m chat.Message, demands []demand) (faults []string) {
	if strings.TrimSpace(m.Title) == "" {
		faults = append(faults, "the title is empty")
	}
	lines := []string{m.Title}
	for _, f := range m.Fields {
		lines = append(lines, f.Value)
	}
	facts := strings.Join(lines, "\n")
	for _, d := range demands {
		if d.what != "thing" && !d.met(facts) {
			faults = append(faults, fmt.Sprintf("the %s is not named (%q): %s", d.what, d.anyOf, facts))
		}
	}
	for _, span := range m.Body {
		if !span.Code {
			lines = append(lines, span.Text)
		}
	}
	if found := markup.FindString(strings.Join(lines, "\n")); found != "" {
		faults = append(faults, fmt.Sprintf("%s leaks: %s", found, strings.Join(lines, "\n")))
	}
	return faults
}
