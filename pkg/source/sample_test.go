package source_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source"
)

const ringSample = `door.rung/twice Somebody rings
POST ?at={{unix}}
X-Delivery: {{uuid}}
Accept: a
Accept: b:c

{"id":"{{uuid}}","n":{{number}},"at":"{{now}}","was":"{{earlier}}","ms":{{unix_ms}}}

`

func fresh() source.Fresh {
	return source.Fresh{UUID: "u-u", Number: 123456789, Now: time.Date(2026, 1, 2, 12, 4, 5, 678e6, time.FixedZone("", 9*3600))}
}

func TestASampleIsFilledIn(t *testing.T) {
	t.Parallel()
	s, err := source.ParseSample(ringSample)
	if err != nil {
		t.Fatal(err)
	}
	if s.Event != "door.rung/twice" || s.About != "Somebody rings" {
		t.Errorf("got %q, %q", s.Event, s.About)
	}
	r := s.Request(fresh())
	wantHeader := http.Header{"X-Delivery": {"u-u"}, "Accept": {"a", "b:c"}}
	const wantBody = `{"id":"u-u","n":123456789,"at":"2026-01-02T03:04:05Z","was":"2026-01-02T02:54:05Z","ms":1767323045678}` + "\n"
	if diff := cmp.Diff(wantHeader, r.Header) + cmp.Diff(wantBody, string(r.Body)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Method != http.MethodPost || r.RawQuery != "at=1767323045" || !r.ReceivedAt.Equal(fresh().Now) {
		t.Errorf("got %s ?%s at %v", r.Method, r.RawQuery, r.ReceivedAt)
	}
	s.Request(fresh()).Header.Set("Accept", "changed")
	if got := s.Request(fresh()).Header.Get("Accept"); got != "a" {
		t.Errorf("a second request has the first one's header: %q", got)
	}
}

func TestSamplesAreReadInOrder(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"samples/b.txt":  {Data: []byte("b Second\nGET\n")},
		"samples/a.txt":  {Data: []byte("a First\nPOST\n\nx")},
		"samples/a.json": {Data: []byte("not one")},
	}
	all, err := source.Samples(source.Definition{Name: "bell", Samples: files})
	if err != nil || len(all) != 2 || all[0].Event != "a" || all[1].About != "Second" {
		t.Errorf("got %+v, %v, want a and b", all, err)
	}
	if r := all[1].Request(fresh()); r.Method != http.MethodGet || len(r.Body) != 0 {
		t.Errorf("got %+v, want a GET without a body", r)
	}
	if all, err := source.Samples(source.Definition{}); err != nil || all != nil {
		t.Errorf("without a folder: got %v, %v, want none", all, err)
	}
}

func TestABrokenSampleIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"nothing":          {"", "first line"},
		"no sentence":      {"push\nPOST\n", "first line"},
		"no method":        {"push It is pushed\n\nbody", "second line"},
		"a header instead": {"push It is pushed\nX-Event: push\n", "second line"},
		"no header":        {"push It is pushed\nPOST\nnot one\n", `"not one"`},
		"a name of two":    {"push It is pushed\nPOST\nX Event: a\n", `"X Event: a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"samples/x.txt": {Data: []byte(c.text)}}
			_, err := source.Samples(source.Definition{Name: "bell", Samples: files})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "samples/x.txt of bell") {
				t.Errorf("got %v, want an error about %s that names the file", err, c.want)
			}
		})
	}
}

func TestASampleMeansItsEvent(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]map[string]bool{
		"door.rung":       {"door.rung": true, "door": false, "door.rung/twice": false},
		"door.rung/twice": {"door.rung": true, "door.rung/twice": true, "door.rung/tw": false},
		"doors/open":      {"doors/open": true, "doors": true, "open": false},
	} {
		for named, want := range want {
			if got := (source.Sample{Event: event}).Means(named); got != want {
				t.Errorf("%s means %s: got %t, want %t", event, named, got, want)
			}
		}
	}
}
