// Package sourcetest is the contract of a source.Source as a test suite: a
// source that passes Run can be mounted. Third parties use it as the built-in
// sources do. It never looks into a source's own types.
//
// A golden case is a file testdata/*.txtar: a request and, below it, what the
// source makes of it. Write the request section by hand, run the test with
// -update, and read the difference. The source's samples, for operators to
// send, are checked beside them.
package sourcetest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Suite names a source and its golden cases.
type Suite struct {
	Source source.Source
	// Folder holds the golden cases; "testdata" where it is empty.
	Folder string
	// Secret signs the samples. Empty: one that every scheme takes. A source
	// whose answers need a secret of its own is tested with that one.
	Secret secret.Text
	// Keys are what a source.Handshaker is given. Where they fetch, the golden
	// cases alone do.
	Keys verify.Keys
}

// update may be declared by another suite of the same test program already.
var update = func() *flag.Flag {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "rewrite golden files")
	}
	return flag.Lookup("update")
}()

// Run checks every sentence of source.Source's contract that a test can check.
func Run(t *testing.T, s Suite) {
	t.Helper()
	t.Run("cost", func(t *testing.T) { // not parallel: others would be counted in
		if raced {
			return // the detector's own memory is none of the source's
		}
		cases := s.cases(t)
		complain(t, s.largeCosts(cases[0].request))
		for _, c := range cases {
			complain(t, s.costs(c.request))
		}
	})
	for _, c := range s.cases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Run("golden", func(t *testing.T) { golden(t, s, c) })
			t.Run("contract", func(t *testing.T) { complain(t, s.contract(copied(c.request), naming)) })
			t.Run("pure", func(t *testing.T) { complain(t, s.pure(c.request)) })
			t.Run("hostile", func(t *testing.T) { complain(t, s.hostile(c.request)) })
			t.Run("fails closed", func(t *testing.T) { complain(t, open(t.Context(), s.Source, c.request)) })
		})
	}
	s.samples(t)
	t.Run("an event without detail has a message", func(t *testing.T) {
		t.Parallel()
		bare(t, s)
	})
}

// Fuzz looks for bytes that break the contract, from the golden cases on.
func Fuzz(f *testing.F, s Suite) {
	f.Helper()
	for _, c := range s.cases(f) {
		f.Add(headerText(c.request.Header), c.request.RawQuery, c.request.Body)
	}
	f.Fuzz(func(t *testing.T, header, query string, body []byte) {
		r := arrived()
		r.Header, r.RawQuery, r.Body = parseHeader(header), query, body
		complain(t, s.contract(r))
	})
}

// Faults tells in which points a source breaks its contract over one request
// and what becomes of it in hostile hands: nothing for a good source.
func Faults(s source.Source, r *webhook.Request) []string {
	suite := Suite{Source: s}
	faults := suite.contract(copied(r), naming)
	if len(faults) > 0 {
		return faults // one that panics is not asked again
	}
	faults = append(suite.pure(r), suite.hostile(r)...)
	faults = append(faults, open(context.Background(), s, r)...)
	return append(faults, suite.costs(r)...)
}

// open: a source that brings a verification refuses an unsigned request where
// no secret is set. Golden requests are unsigned.
func open(ctx context.Context, s source.Source, r *webhook.Request) []string {
	signed, ok := s.(source.Signed)
	if !ok {
		return nil
	}
	v, err := signed.Verification(verify.Keys{})
	switch {
	case err != nil:
		return nil
	case v == nil:
		return []string{"Verification gives neither a Verifier nor an error"}
	case v.Verify(ctx, r) == nil:
		return []string{"without a secret an unsigned request is taken for genuine"}
	default:
		return nil
	}
}

// samples checks those in the folder samples. A suite with golden cases of its
// own is about other settings.
func (s Suite) samples(t *testing.T) {
	t.Helper()
	if s.Folder != "" {
		return
	}
	all := folderSamples(t)
	judge := sampleJudge{s.Source, s.Secret}
	complain(t, judge.setFaults(all))
	for _, sample := range all {
		t.Run("sample "+sample.Event, func(t *testing.T) {
			t.Parallel()
			complain(t, judge.faults(t.Context(), sample))
		})
	}
}

func (s Suite) cases(tb testing.TB) []goldenCase {
	tb.Helper()
	folder := s.Folder
	if folder == "" {
		folder = "testdata"
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no golden case *.txtar in %s (%v)", folder, err)
	}
	var cases []goldenCase
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		c, err := parseCase(string(b))
		if err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		c.file, c.name = name, strings.TrimSuffix(filepath.Base(name), ".txtar")
		cases = append(cases, c)
	}
	return cases
}

// pure: the same request gives the same answer, from many goroutines, and is
// not changed by it.
func (s Suite) pure(r *webhook.Request) (faults []string) {
	before := copied(r)
	want := s.answers(r)
	if !reflect.DeepEqual(r, before) {
		return []string{fmt.Sprintf("the request was changed:\n got %+v\nwant %+v", r, before)}
	}
	got := make([][]any, 4)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = s.answers(r) })
	}
	wg.Wait()
	for _, got := range got {
		if !reflect.DeepEqual(got, want) {
			faults = append(faults, fmt.Sprintf("the same request gave another answer:\n got %+v\nwant %+v", got, want))
		}
	}
	return append(faults, changedEvents(s.Source, r)...)
}

// changedEvents: Message reads its event only.
func changedEvents(s source.Source, r *webhook.Request) (faults []string) {
	want, _ := s.Events(r)
	got, _ := s.Events(r)
	for _, e := range got {
		for _, l := range locales() {
			s.Message(e, l, source.Full)
		}
	}
	if !reflect.DeepEqual(got, want) {
		faults = append(faults, fmt.Sprintf("Message changed an event:\n got %+v\nwant %+v", got, want))
	}
	return faults
}

// answers is all that a source says of a request.
func (s Suite) answers(r *webhook.Request) []any {
	id, err := s.Source.Identify(r)
	events, eventsErr := s.Source.Events(r)
	said := []any{id, errorText(err), errorText(eventsErr), events}
	if c, ok := s.Source.(source.Challenger); ok {
		response, ok := c.Challenge(r)
		said = append(said, response, ok)
	}
	if g, ok := s.Source.(source.Greeter); ok {
		response, ok := g.Greet(r)
		said = append(said, response, ok)
	}
	if a, ok := s.Source.(source.Answerer); ok {
		response, ok := a.Answer(r)
		said = append(said, response, ok)
	}
	for _, e := range events {
		for _, l := range locales() {
			for _, v := range verbosities() {
				said = append(said, s.Source.Message(e, l, v))
			}
		}
	}
	return said
}

// bare: Detail may be lost, and events may be made by hand.
func bare(t *testing.T, s Suite) {
	t.Helper()
	for _, c := range s.cases(t) {
		events, _ := s.Source.Events(c.request)
		for _, e := range append(events, webhook.Event{}) {
			e.Detail = nil
			for _, l := range locales() {
				if m := s.Source.Message(e, l, source.Normal); m.Title == "" {
					t.Errorf("%s: the %s message of an event without Detail has no title", c.name, l)
				}
			}
		}
	}
}

func complain(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func locales() []source.Locale {
	return []source.Locale{source.English, source.Japanese, source.Chinese}
}

func verbosities() []source.Verbosity {
	return []source.Verbosity{source.Compact, source.Normal, source.Full}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
