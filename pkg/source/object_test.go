package source_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestParseObject(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		contentType, body string
		want              source.Object // nil: invalid payload
	}{
		"JSON":                   {"application/json; charset=utf-8", `{"a":1}`, source.Object{"a": int64(1)}},
		"no Content-Type":        {"", `{"a":1}`, source.Object{"a": int64(1)}},
		"text/plain":             {"text/plain", `{"a":1}`, source.Object{"a": int64(1)}},
		"a form's payload":       {form, "payload=%7B%22a%22%3A1%7D", source.Object{"a": int64(1)}},
		"byte order mark":        {"application/json", "\xef\xbb\xbf{}", source.Object{}},
		"a form without payload": {form, "a=1", nil},
		"a form of no JSON":      {form, "payload=a", nil},
		"a broken form":          {form, "payload=%ZZ", nil},
		"no JSON":                {"application/json", "a=1", nil},
		"a list":                 {"application/json", "[]", nil},
		"null":                   {"application/json", "null", nil},
		"nothing":                {"", "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{}, Body: []byte(tt.body)}
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			got, err := source.ParseObject(r)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseObject (-want +got):\n%s", diff)
			}
			if (tt.want == nil) != errors.Is(err, webhook.ErrPayload) {
				t.Errorf("error %v, want webhook.ErrPayload exactly where nothing is given", err)
			}
		})
	}
}

func TestObjectReadsWhatIsThere(t *testing.T) {
	t.Parallel()
	o := decode(t, `{"s":"x\ny","i":7,"f":21.50,"big":1e300,"b":true,"n":null,"l":["a",{"name":"b"},{"name":"c"},{}],
		"o":{"p":{"q":"deep"}},"url":"https://x.example/","bad":"javascript:x"}`)
	for path, want := range map[string]string{
		"s": "x\ny", "i": "7", "f": "21.5", "big": "1e+300", "b": "true", "n": "", "l": "", "o": "", "o.p.q": "deep",
		"o.p.q.r": "", "s.x": "", "none": "", "": "", ".": "",
	} {
		if got := o.Text(path); got != want {
			t.Errorf("Text(%q) = %q, want %q", path, got, want)
		}
	}
	if got := o.Line("s"); got != "x y" {
		t.Errorf("Line = %q, want %q", got, "x y")
	}
	if diff := cmp.Diff([]string{"b", "c"}, o.Lines("l", "name")); diff != "" {
		t.Errorf("Lines (-want +got):\n%s", diff)
	}
	if got := len(o.List("l")); got != 4 {
		t.Errorf("List has %d, want 4", got)
	}
	if !o.Flag("b") || o.Flag("s") || o.Flag("none") {
		t.Errorf("Flag is %v %v %v, want true false false", o.Flag("b"), o.Flag("s"), o.Flag("none"))
	}
	if o.Link("url") != "https://x.example/" || o.Link("bad") != "" {
		t.Errorf("Link gives %q and %q, want only the safe one", o.Link("url"), o.Link("bad"))
	}
	var none source.Object
	if got := none.Object("a").Object("b").Text("c"); got != "" {
		t.Errorf("a nil Object gave %q", got)
	}
}

func TestObjectTriesSeveralPaths(t *testing.T) {
	t.Parallel()
	o := decode(t, `{"none":"","s":"x\ny","o":{"n":7},"bad":"javascript:x","url":"https://x.example/","l":["a\nb",1,"",null,{},true]}`)
	for what, c := range map[string]struct{ got, want string }{
		"the first":            {o.AnyLine("s", "o.n"), "x y"},
		"empty ones aside":     {o.AnyLine("missing", "none", "o", "o.n", "s"), "7"},
		"none has a line":      {o.AnyLine("missing", "none"), ""},
		"no path":              {o.AnyLine(), ""},
		"unsafe links aside":   {o.AnyLink("bad", "s", "url"), "https://x.example/"},
		"none has a link":      {o.AnyLink("bad", "missing"), ""},
		"a list":               {strings.Join(o.ListedLines("l"), "|"), "a b|1|true"},
		"no list":              {strings.Join(o.ListedLines("s"), "|"), ""},
		"nothing of no object": {source.Object(nil).AnyLine("s") + source.Object(nil).AnyLink("url"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", what, c.got, c.want)
		}
	}
}

func TestObjectTime(t *testing.T) {
	t.Parallel()
	otherwise := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := map[string]struct {
		value string
		want  time.Time
	}{
		"RFC 3339":        {`"2025-06-01T12:00:00+02:00"`, time.Date(2025, 6, 1, 10, 0, 0, 0, time.UTC)},
		"seconds":         {`1767323040`, time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)},
		"milliseconds":    {`1767323040123`, time.Date(2026, 1, 2, 3, 4, 0, 123e6, time.UTC)},
		"microseconds":    {`1767323040000000`, otherwise},
		"far future":      {`9223372036854775807`, otherwise},
		"year after 9999": {`"9999-12-31T23:59:59-12:00"`, otherwise},
		"long ago":        {`"0001-01-01T00:00:00Z"`, otherwise},
		"no time":         {`"yesterday"`, otherwise},
		"another kind":    {`{}`, otherwise},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decode(t, `{"at":`+tt.value+`}`).Time(otherwise, "none", "at")
			if !got.Equal(tt.want) {
				t.Errorf("Time = %s, want %s", got, tt.want)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("the time cannot be written as JSON: %v", err)
			}
		})
	}
}

func TestFirstLink(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"its own":       {`{"html_url":"https://x.example/own","a":{"html_url":"https://x.example/a"}}`, "https://x.example/own"},
		"the nearest":   {`{"a":{"b":{"html_url":"https://x.example/b"}},"z":{"html_url":"https://x.example/z"}}`, "https://x.example/z"},
		"by name":       {`{"b":{"html_url":"https://x.example/b"},"a":{"html_url":"https://x.example/a"}}`, "https://x.example/a"},
		"a safe one":    {`{"html_url":"javascript:x","a":{"html_url":"https://x.example/a"}}`, "https://x.example/a"},
		"none":          {`{"a":{"url":"https://api.example/a"}}`, ""},
		"not endlessly": {strings.Repeat(`{"a":`, 20) + `{"html_url":"https://x.example/"}` + strings.Repeat("}", 20), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.FirstLink(decode(t, tt.in)); got != tt.want {
				t.Errorf("FirstLink = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDefineNeverGivesATypedNil(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad settings")
	d := source.Define(source.Definition{Name: "bell"}, func(struct{}) (*Doorbell, error) { return nil, bad })
	if s, err := d.Build(func(any) error { return nil }); s != nil || !errors.Is(err, bad) {
		t.Errorf("Build gave %v, %v; want nil and %v", s, err, bad)
	}
}

func decode(t *testing.T, text string) source.Object {
	t.Helper()
	v, err := webhook.DecodeJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}
