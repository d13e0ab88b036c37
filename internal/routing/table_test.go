package routing_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
)

func at(path string, methods ...string) *routing.Endpoint {
	return &routing.Endpoint{Plugin: "acme.repos", Path: path, Methods: methods}
}

func table(tb testing.TB, endpoints ...*routing.Endpoint) *routing.Table {
	tb.Helper()
	made, err := routing.NewTable(endpoints...)
	if err != nil {
		tb.Fatalf("make table: %v", err)
	}
	return made
}

func TestFind(t *testing.T) {
	t.Parallel()
	found := table(t, at("/a/{x}"), at("/a/b"), at("/a/{x}/c"), at("/a/b/d"), at("/slash/"), at("/two/{p}/{q}"),
		at("/grün"), at("/bl%C3%A5"), at("/"), &routing.Endpoint{Plugin: "acme.repos", Path: "/off/b", Disabled: true}, at("/off/{x}"))
	cases := map[string]struct {
		path   string
		want   string // empty: not found
		params map[string]string
	}{
		"a literal beats a parameter":                  {"/a/b", "/a/b", map[string]string{}},
		"a parameter takes what is no literal":         {"/a/z", "/a/{x}", map[string]string{"x": "z"}},
		"a literal that leads nowhere is given up":     {"/a/b/c", "/a/{x}/c", map[string]string{"x": "b"}},
		"a literal that leads on is kept":              {"/a/b/d", "/a/b/d", map[string]string{}},
		"several parameters":                           {"/two/1/2", "/two/{p}/{q}", map[string]string{"p": "1", "q": "2"}},
		"a parameter is unescaped":                     {"/a/x%20y", "/a/{x}", map[string]string{"x": "x y"}},
		"a plus is a plus":                             {"/a/x+y", "/a/{x}", map[string]string{"x": "x+y"}},
		"a trailing slash counts where it is mounted":  {"/slash/", "/slash/", map[string]string{}},
		"without its trailing slash it is another":     {"/slash", "", nil},
		"a trailing slash where none is mounted":       {"/a/b/", "", nil},
		"a parameter is never empty":                   {"/a/", "", nil},
		"an empty segment":                             {"/a//b", "", nil},
		"the bare root":                                {"/", "/", map[string]string{}},
		"nothing at all":                               {"", "", nil},
		"no leading slash":                             {"a/b", "", nil},
		"a literal as it is escaped":                   {"/gr%C3%BCn", "/grün", map[string]string{}},
		"a literal as it is":                           {"/grün", "/grün", map[string]string{}},
		"a literal that was mounted escaped":           {"/bl%C3%A5", "/bl%C3%A5", map[string]string{}},
		"a needless escape is another literal":         {"/a/%62/d", "", nil},
		"a dot segment":                                {"/a/../a/b", "", nil},
		"a dot segment for a parameter":                {"/a/..", "", nil},
		"a single dot":                                 {"/a/.", "", nil},
		"an escaped dot segment":                       {"/a/%2e%2E", "", nil},
		"a half escaped dot segment":                   {"/a/.%2e", "", nil},
		"an escaped slash for a parameter":             {"/a/x%2Fy", "", nil},
		"an escaped slash for a literal":               {"/a%2Fb", "", nil},
		"an escape that is none":                       {"/a/%zz", "", nil},
		"a disabled endpoint gives way to no other":    {"/off/b", "", nil},
		"the neighbour of a disabled endpoint is open": {"/off/c", "/off/{x}", map[string]string{"x": "c"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, params, err := found.Find("acme.repos", c.path, "POST")
			if c.want == "" {
				if !errors.Is(err, routing.ErrNotFound) {
					t.Errorf("got endpoint %+v, error %v, want ErrNotFound", e, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("got error %v, want %s", err, c.want)
			}
			if e.Path != c.want {
				t.Errorf("got %s, want %s", e.Path, c.want)
			}
			if diff := cmp.Diff(c.params, params); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindTellsWhoAllows(t *testing.T) {
	t.Parallel()
	found := table(t, at("/a", "GET", "POST"), at("/any"))
	if _, _, err := found.Find("acme.repos", "/any", "BREW"); err != nil {
		t.Errorf("an endpoint without methods: got %v, want every method", err)
	}
	if _, _, err := found.Find("acme.other", "/a", "POST"); !errors.Is(err, routing.ErrNotFound) {
		t.Errorf("an unknown plugin: got %v, want ErrNotFound", err)
	}
	_, _, err := found.Find("acme.repos", "/a", "PUT")
	var refused *routing.MethodError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a MethodError", err)
	}
	if diff := cmp.Diff([]string{"GET", "POST"}, refused.Allow); diff != "" {
		t.Errorf("Allow (-want +got):\n%s", diff)
	}
	if _, _, err := found.Find("acme.repos", "/b", "PUT"); !errors.Is(err, routing.ErrNotFound) {
		t.Errorf("an unknown path with a wrong method: got %v, want ErrNotFound", err)
	}
}

func TestNewTableRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		paths []string
		want  string
	}{
		"the same path twice":              {[]string{"/a", "/a"}, "same URLs"},
		"the same shape twice":             {[]string{"/a/{x}", "/a/{y}"}, "same URLs"},
		"no slash in front":                {[]string{"a"}, "begins with a slash"},
		"an empty path":                    {[]string{""}, "begins with a slash"},
		"an empty segment":                 {[]string{"/a//b"}, "empty"},
		"a dot segment":                    {[]string{"/a/../b"}, "neither"},
		"a parameter twice":                {[]string{"/{x}/{x}"}, "twice"},
		"a parameter without a name":       {[]string{"/{}"}, "neither"},
		"a parameter within a segment":     {[]string{"/v{x}"}, "neither"},
		"a parameter with an odd name":     {[]string{"/{a-b}"}, "neither"},
		"an escaped slash in a literal":    {[]string{"/a%2Fb"}, "neither"},
		"a broken escape":                  {[]string{"/a%zz"}, "neither"},
		"two spellings of one literal":     {[]string{"/gr%C3%BCn", "/grün"}, "same URLs"},
		"a query in a literal":             {[]string{"/a?b"}, "neither"},
		"every fault is told, not the one": {[]string{"a", "/{}"}, "neither"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var endpoints []*routing.Endpoint
			for _, p := range c.paths {
				endpoints = append(endpoints, at(p))
			}
			_, err := routing.NewTable(endpoints...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one that holds %q", err, c.want)
			}
		})
	}
}

func TestTableGivesAll(t *testing.T) {
	t.Parallel()
	off := &routing.Endpoint{Plugin: "acme.b", Path: "/off", Disabled: true}
	made := table(t, off, &routing.Endpoint{Plugin: "acme.b", Path: "/a"}, &routing.Endpoint{Plugin: "acme.a", Path: "/z"})
	var got []string
	for _, e := range made.All() {
		got = append(got, e.Plugin+e.Path)
	}
	if diff := cmp.Diff([]string{"acme.a/z", "acme.b/a", "acme.b/off"}, got); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
	if e, ok := made.ByID("acme.b", "/off"); !ok || e != off {
		t.Errorf("a disabled endpoint by id: got %v %v, want it", e, ok)
	}
	if _, ok := made.ByID("acme.b", "/gone"); ok {
		t.Error("got an endpoint that was never mounted")
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"/a/b", "/a/%2e%2e", "/a/x%2Fy", "/a/%", "//", "/a/b/c", "/a/\x00", "/a/%252F"} {
		f.Add(s)
	}
	found := table(f, at("/a/{x}"), at("/a/b"), at("/a/{x}/c"), at("/{p}/{q}/{r}/{s}"), at("/"))
	f.Fuzz(func(t *testing.T, path string) {
		e, params, err := found.Find("acme.repos", path, "POST")
		if (e == nil) == (err == nil) {
			t.Fatalf("got endpoint %v with error %v, want one of them", e, err)
		}
		if err != nil {
			return
		}
		for s := range strings.SplitSeq(path[1:], "/") {
			if v, err := url.PathUnescape(s); err != nil || v == "." || v == ".." || strings.Contains(v, "/") {
				t.Errorf("%q was found as %s: its segment %q must match nothing", path, e.Path, s)
			}
		}
		for name, v := range params {
			if v == "" {
				t.Errorf("%q was found as %s with an empty %s", path, e.Path, name)
			}
		}
	})
}
