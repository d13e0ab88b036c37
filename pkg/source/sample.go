package source

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"postern/pkg/webhook"
)

// Sample is one request as a service sends it, not yet signed. It is a file
// samples/NAME.txt in the folder of its source:
//
//	EVENT ABOUT
//	METHOD ?QUERY
//	Header: value
//
//	body
//
// EVENT is the identity of the request, "push" or "pull_request.opened", with a
// "/variant" behind it where there are several; of a ping or handshake it is
// what the service calls it. ABOUT is a sentence for the operator. ?QUERY may be
// missing, and the last line break is not the body's.
//
// What must not be the same twice is a placeholder, filled in at each sending:
//
//	{{uuid}}     a random UUID
//	{{number}}   a random number of 9 digits
//	{{now}}      the time, as 2026-01-02T03:04:05Z
//	{{earlier}}  ten minutes before
//	{{unix}}     the time in seconds since 1970
//	{{unix_ms}}  the time in milliseconds since 1970
//
// One placeholder has one value in all of a request.
type Sample struct {
	Event string
	About string

	method, query string
	header, body  string
}

// Fresh is what takes the place of a sample's placeholders.
type Fresh struct {
	UUID   string
	Number int64 // of 9 digits
	Now    time.Time
}

// Samples reads the samples of a source, in the order of their files. A source
// may have none.
func Samples(d Definition) ([]Sample, error) {
	if d.Samples == nil {
		return nil, nil
	}
	names, err := fs.Glob(d.Samples, path.Join("samples", "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("samples of %s: %w", d.Name, err)
	}
	var all []Sample
	for _, name := range names {
		text, err := fs.ReadFile(d.Samples, name)
		if err != nil {
			return nil, fmt.Errorf("samples of %s: %w", d.Name, err)
		}
		s, err := ParseSample(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", name, d.Name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// ParseSample reads one sample.
func ParseSample(text string) (Sample, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	title, head, _ := strings.Cut(head, "\n")
	first, header, _ := strings.Cut(head, "\n")
	var s Sample
	s.Event, s.About, _ = strings.Cut(title, " ")
	s.method, s.query, _ = strings.Cut(first, " ?")
	s.header, s.body = header, strings.TrimSuffix(body, "\n")
	switch {
	case s.Event == "" || s.About == "":
		return Sample{}, errors.New("the first line is not EVENT ABOUT")
	case s.method == "" || strings.ContainsAny(s.method, " :"):
		return Sample{}, errors.New("the second line is not METHOD ?QUERY")
	}
	for line := range strings.Lines(header) {
		if name, _, ok := strings.Cut(line, ":"); !ok || name == "" || strings.ContainsAny(name, " \t") {
			return Sample{}, fmt.Errorf("the line %q is no header", strings.TrimSpace(line))
		}
	}
	return s, nil
}

// Means reports whether an event, a type or type.action, is the sample's: all of
// its name, or all before a variant.
func (s Sample) Means(event string) bool {
	return s.Event == event || strings.HasPrefix(s.Event, event+"/")
}

// Request fills in the placeholders. The request is its caller's own; it has
// neither path nor URL yet.
func (s Sample) Request(f Fresh) *webhook.Request {
	fill := f.replacer()
	r := &webhook.Request{
		Method: s.method, RawQuery: fill.Replace(s.query), Header: http.Header{},
		Body: []byte(fill.Replace(s.body)), ReceivedAt: f.Now,
	}
	for line := range strings.Lines(s.header) {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(name, fill.Replace(strings.TrimSpace(value)))
	}
	return r
}

// earlier is how long ago {{earlier}} is.
const earlier = 10 * time.Minute

func (f Fresh) replacer() *strings.Replacer {
	now := f.Now.UTC()
	return strings.NewReplacer(
		"{{uuid}}", f.UUID,
		"{{number}}", strconv.FormatInt(f.Number, 10),
		"{{now}}", now.Format(time.RFC3339),
		"{{earlier}}", now.Add(-earlier).Format(time.RFC3339),
		"{{unix}}", strconv.FormatInt(now.Unix(), 10),
		"{{unix_ms}}", strconv.FormatInt(now.UnixMilli(), 10),
	)
}
