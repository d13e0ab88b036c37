package webhook_test

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/webhook"
)

func request(contentType, body string) *webhook.Request {
	return &webhook.Request{Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   string
		json   bool
		form   bool
	}{
		"JSON":                      {http.Header{"Content-Type": {"application/json"}}, "application/json", true, false},
		"with a charset":            {http.Header{"Content-Type": {"application/json; charset=utf-8"}}, "application/json", true, false},
		"in capitals":               {http.Header{"Content-Type": {"Application/JSON"}}, "application/json", true, false},
		"a JSON of its own":         {http.Header{"Content-Type": {"application/cloudevents+json"}}, "application/cloudevents+json", true, false},
		"not quite JSON":            {http.Header{"Content-Type": {"application/jsonp"}}, "application/jsonp", false, false},
		"a urlencoded form":         {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "application/x-www-form-urlencoded", false, true},
		"a multipart form":          {http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, "multipart/form-data", false, true},
		"another multipart":         {http.Header{"Content-Type": {"multipart/mixed; boundary=x"}}, "multipart/mixed", false, false},
		"plain text":                {http.Header{"Content-Type": {"text/plain"}}, "text/plain", false, false},
		"a parameter out of form":   {http.Header{"Content-Type": {"application/json; charset"}}, "application/json", true, false},
		"the same parameter twice":  {http.Header{"Content-Type": {"application/json; charset=utf-8; charset=utf-8"}}, "application/json", true, false},
		"a semicolon at the end":    {http.Header{"Content-Type": {"application/json;"}}, "application/json", true, false},
		"no Content-Type":           {http.Header{}, "", false, false},
		"no headers":                {nil, "", false, false},
		"an empty Content-Type":     {http.Header{"Content-Type": {""}}, "", false, false},
		"one that cannot be read":   {http.Header{"Content-Type": {"application/json text"}}, "", false, false},
		"one that is bytes at will": {http.Header{"Content-Type": {"\x00\xff"}}, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: c.header}
			if got := r.MediaType(); got != c.want {
				t.Errorf("got media type %q, want %q", got, c.want)
			}
			if r.IsJSON() != c.json || r.IsForm() != c.form {
				t.Errorf("got JSON %v and form %v, want %v and %v", r.IsJSON(), r.IsForm(), c.json, c.form)
			}
		})
	}
}

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want any
	}{
		"an object":                  {`{"a":{"b":[1,2.5,"x",true,null]}}`, map[string]any{"a": map[string]any{"b": []any{int64(1), 2.5, "x", true, nil}}}},
		"a list":                     {`[]`, []any{}},
		"a scalar":                   {`"x"`, "x"},
		"null":                       {`null`, nil},
		"white space around":         {" \t\r\n{}\n ", map[string]any{}},
		"a byte order mark":          {"\xef\xbb\xbf{}", map[string]any{}},
		"the largest int64":          {`9223372036854775807`, int64(math.MaxInt64)},
		"the smallest int64":         {`-9223372036854775808`, int64(math.MinInt64)},
		"one more than the largest":  {`9223372036854775808`, 9223372036854775808.0},
		"one less than the smallest": {`-9223372036854775809`, -9223372036854775809.0},
		"the largest uint64":         {`18446744073709551615`, 18446744073709551615.0},
		"minus zero":                 {`-0`, int64(0)},
		"a whole fraction":           {`1.0`, 1.0},
		"an exponent":                {`1e2`, 100.0},
		"too small a number":         {`1e-400`, 0.0},
		"a Snowflake id":             {`{"id":1234567890123456789}`, map[string]any{"id": int64(1234567890123456789)}},
		"the last of two keys":       {`{"a":1,"a":2}`, map[string]any{"a": int64(2)}},
		"other scripts":              {`"wörld 日本語 📦"`, "wörld 日本語 📦"},
		"half a surrogate pair":      {`"\ud83d"`, "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := webhook.DecodeJSON([]byte(c.body))
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestNotJSON(t *testing.T) {
	t.Parallel()
	const deep = 1 << 20
	for name, body := range map[string]string{
		"nothing":                  "",
		"white space":              " \n",
		"a byte order mark alone":  "\xef\xbb\xbf",
		"two byte order marks":     "\xef\xbb\xbf\xef\xbb\xbf{}",
		"half an object":           `{"a":1`,
		"a second value":           `{} {}`,
		"a bracket behind":         `{}]`,
		"a letter behind":          `{}x`,
		"a NUL behind":             "{}\x00",
		"a comment":                `{} // x`,
		"a comma too many":         `[1,]`,
		"single quotes":            `{'a':1}`,
		"NaN":                      `NaN`,
		"a leading zero":           `01`,
		"a form":                   `a=1&b=2`,
		"UTF-16":                   "\xff\xfe{\x00}\x00",
		"Latin-1":                  "\"w\xf6rld\"",
		"invalid UTF-8 in a key":   "{\"\xff\":1}",
		"a number beyond float64":  `1e400`,
		"one deep within":          `{"a":[{"b":-1e400}]}`,
		"a million digits":         strings.Repeat("9", 1_000_000),
		"a depth bomb of lists":    strings.Repeat("[", deep),
		"a closed one":             strings.Repeat("[", deep/2) + strings.Repeat("]", deep/2),
		"a depth bomb of objects":  strings.Repeat(`{"a":`, deep/5),
		"a depth bomb that varies": strings.Repeat(`[{"a":`, deep/6),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := webhook.DecodeJSON([]byte(body))
			if !errors.Is(err, webhook.ErrPayload) || got != nil {
				t.Errorf("got %v and error %v, want nil and %v", got, err, webhook.ErrPayload)
			}
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("got an error of %d bytes, want one that does not repeat the body", len(err.Error()))
			}
		})
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	const urlencoded = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		contentType string
		body        string
		want        any
	}{
		"declared JSON":              {"application/json", `{"n":1}`, map[string]any{"n": int64(1)}},
		"JSON of a kind":             {"application/vnd.acme+json", `[1]`, []any{int64(1)}},
		"a form":                     {urlencoded, "a=1&b=2&a=3", map[string]any{"a": "1", "b": "2"}},
		"an empty form":              {urlencoded, "", map[string]any{}},
		"a payload field of JSON":    {urlencoded, "x=1&payload=%7B%22n%22%3A1%7D", map[string]any{"n": int64(1)}},
		"a payload field of text":    {urlencoded, "payload=hello", map[string]any{"payload": "hello"}},
		"an empty payload field":     {urlencoded, "payload=&a=1", map[string]any{"payload": "", "a": "1"}},
		"the first of two payloads":  {urlencoded, "payload=1&payload=2", int64(1)},
		"JSON that is called a form": {urlencoded, "\n{\"n\": 1, \"text\": \"100% & more; a=b\"}\n", map[string]any{"n": int64(1), "text": "100% & more; a=b"}},
		"JSON that is no object":     {urlencoded, "1", map[string]any{"1": ""}},
		"bytes that are no UTF-8":    {urlencoded, "a%ff=w%f6rld", map[string]any{"a\uFFFD": "w\uFFFDrld"}},
		"a multipart form": {
			"multipart/form-data; boundary=x", parts(`form-data; name="a"`, "1", `form-data; name="a"`, "2"), map[string]any{"a": "1"},
		},
		"a multipart payload field": {
			"multipart/form-data; boundary=x", parts(`form-data; name="payload"`, `{"n":1}`), map[string]any{"n": int64(1)},
		},
		"files are no values": {
			"multipart/form-data; boundary=x", parts(`form-data; name="a"; filename="a.txt"`, "1"), map[string]any{},
		},
		"JSON that is called text":   {"text/plain; charset=UTF-8", "\xef\xbb\xbf\r\n {\"n\":1}\n", map[string]any{"n": int64(1)}},
		"a list that is called text": {"text/html", `[1]`, []any{int64(1)}},
		"JSON of the old name":       {"text/json", `1`, int64(1)},
		"nothing declared":           {"", `{"n":1}`, map[string]any{"n": int64(1)}},
		"plain text":                 {"text/plain", `hello`, nil},
		"a number is as well a text": {"text/plain", `1`, nil},
		"text in brackets":           {"text/plain", `[sic]`, nil},
		"an empty text":              {"text/plain", "", nil},
		"what is declared is binary": {"application/octet-stream", "\x00\xff", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := request(c.contentType, c.body).Payload()
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestPayloadOfAQuery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, query, body string
		want                any
	}{
		"of a GET":                 {http.MethodGet, "a=1&payload=%7B%22n%22%3A1%7D", "", map[string]any{"n": int64(1)}},
		"that is no JSON":          {http.MethodGet, "payload=hello", "", nil},
		"given twice":              {http.MethodGet, "payload=%7B%7D&payload=%7B%7D", "", nil},
		"given again, out of form": {http.MethodGet, "payload=%7B%7D&payload=%zz", "", nil},
		"beside a body":            {http.MethodGet, "payload=%7B%22n%22%3A1%7D", `[]`, []any{}},
		"of another method":        {http.MethodPost, "payload=%7B%22n%22%3A1%7D", "", nil},
		"that is not there":        {http.MethodGet, "a=1", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("", c.body)
			r.Method, r.RawQuery = c.method, c.query
			got, err := r.Payload()
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("error %v; want -, got +:\n%s", err, diff)
			}
		})
	}
}

func TestPayloadThatIsNotWhatItIsDeclared(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*webhook.Request{
		"a form declared as JSON":      request("application/json", "a=1"),
		"nothing declared as JSON":     request("application/json", ""),
		"an escape that is broken":     request("application/x-www-form-urlencoded", "a=%zz"),
		"semicolons between fields":    request("application/x-www-form-urlencoded", "a=1;b=2"),
		"multipart without a boundary": request("multipart/form-data", parts(`form-data; name="a"`, "1")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := r.Payload(); !errors.Is(err, webhook.ErrPayload) || got != nil {
				t.Errorf("got %v and error %v, want nil and %v", got, err, webhook.ErrPayload)
			}
		})
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5,-0,1e2,9223372036854775808]}`, `{} {}`, "\xef\xbb\xbf[]", `1e400`, "\"\xff\"", `"\ud800"`,
		strings.Repeat("[", 20_000), `{"a":{"a":{"a":null}}}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := webhook.DecodeJSON(body)
		if err != nil {
			if !errors.Is(err, webhook.ErrPayload) || v != nil {
				t.Errorf("got %v and error %v, want nil and %v", v, err, webhook.ErrPayload)
			}
			return
		}
		again, err := webhook.JSON(http.StatusOK, v)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		if _, err := webhook.DecodeJSON(again.Body); err != nil {
			t.Errorf("what was decoded and encoded, %q, got error %v, want none", again.Body, err)
		}
	})
}
