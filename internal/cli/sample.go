package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"postern/internal/app"
	"postern/internal/config"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// find gives the source of a name; a mistake names the nearest.
func (p *Program) find(name string) (source.Definition, error) {
	all := app.Sources(p.Plugins)
	var names []string
	for _, d := range all {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return source.Definition{}, fmt.Errorf("unknown source %q%s", name, didYouMean(name, names))
}

// didYouMean gives the words that are nearest to one that nobody knows, or all.
func didYouMean(word string, known []string) string {
	var near []string
	for _, k := range known {
		if config.Distance(word, k) <= 1+len(word)/4 || word != "" && (strings.HasPrefix(k, word) || strings.HasPrefix(word, k)) {
			near = append(near, k)
		}
	}
	switch {
	case len(known) == 0:
		return ""
	case len(near) > 0:
		return ", did you mean " + strings.Join(near, " or ") + "?"
	default:
		return ", known are " + strings.Join(known, ", ")
	}
}

// spec is what request is to be made: an event of a source, perhaps with a body
// and headers of the operator's.
type spec struct {
	source  source.Definition
	made    source.Source // built
	event   string
	body    []byte // nil: the sample's
	headers []string
}

// sample finds the one that is meant, by its name or its type alone. Where the
// operator gives the body, an event without a sample is made of another one's
// headers, which fit the body: that may tell what it is.
func (s spec) sample() (source.Sample, error) {
	all, err := source.Samples(s.source)
	if err != nil {
		return source.Sample{}, err
	}
	var names []string
	for _, sample := range all {
		if sample.Event == s.event {
			return sample, nil
		}
		names = append(names, sample.Event)
	}
	for _, sample := range all {
		if sample.Means(s.event) || strings.HasPrefix(sample.Event, s.event+".") {
			return sample, nil
		}
	}
	if s.body != nil && len(all) > 0 {
		fitting := max(0, slices.IndexFunc(all, func(other source.Sample) bool { return carries(other, s.body) }))
		return all[fitting], nil
	}
	return source.Sample{}, s.unknownEvent(names)
}

// carries reports whether a sample's headers are those of such a body: of JSON,
// or of a form.
func carries(sample source.Sample, body []byte) bool {
	_, err := webhook.DecodeJSON(body)
	return sample.Request(source.Fresh{}).IsForm() == (err != nil)
}

func (s spec) unknownEvent(names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("this version has no samples of %s", s.source.Name)
	}
	return fmt.Errorf("%s has no sample of %q%s", s.source.Name, s.event, didYouMean(s.event, names))
}

// request makes the request, not yet signed. It is what the event says, or an
// error.
func (s spec) request(f source.Fresh) (*webhook.Request, error) {
	sample, err := s.sample()
	if err != nil {
		return nil, err
	}
	r := sample.Request(f)
	if s.body != nil {
		r.Body = slices.Clone(s.body)
		s.rename(r, sample)
	}
	if err := s.setHeaders(r); err != nil {
		return nil, err
	}
	if id, err := s.made.Identify(r); s.body != nil && err == nil && !s.means(id) {
		return nil, fmt.Errorf("with this body it is the event %q, not %q; what a header says of it can be set with --header", eventName(id), s.event)
	}
	return r, nil
}

// rename puts another event's type where a header holds the sample's.
func (s spec) rename(r *webhook.Request, sample source.Sample) {
	id, err := s.made.Identify(sample.Request(source.Fresh{}))
	if err != nil || s.means(id) || strings.HasPrefix(s.event, id.Type+".") {
		return
	}
	kind, _, _ := strings.Cut(s.event, ".")
	for _, values := range r.Header {
		for i, v := range values {
			if v == id.Type {
				values[i] = kind
			}
		}
	}
}

// means reports whether an identity is what the operator named: the event, or
// its type.
func (s spec) means(id source.Identity) bool {
	named := source.Sample{Event: s.event}
	return named.Means(id.Type) || named.Means(eventName(id))
}

// setHeaders puts the operator's headers in the place of the sample's.
func (s spec) setHeaders(r *webhook.Request) error {
	set := map[string]bool{}
	for _, line := range s.headers {
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || strings.ContainsAny(name, " \t") || strings.ContainsAny(value, "\r\n") {
			return fmt.Errorf("the header %q is not \"Name: value\"", line)
		}
		if !set[strings.ToLower(name)] {
			r.Header.Del(name)
		}
		set[strings.ToLower(name)] = true
		r.Header.Add(name, value)
	}
	return nil
}

func eventName(id source.Identity) string {
	return strings.TrimSuffix(id.Type+"."+id.Action, ".")
}

// fresh makes what no two requests share.
func fresh() (source.Fresh, error) {
	const least, span = 100_000_000, 900_000_000
	n, err := rand.Int(rand.Reader, big.NewInt(span))
	if err != nil {
		return source.Fresh{}, fmt.Errorf("draw a number: %w", err)
	}
	return source.Fresh{UUID: uuid.NewString(), Number: least + n.Int64(), Now: time.Now()}, nil
}

// maxPayload bounds a body, in bytes; no source takes a larger one.
const maxPayload = 25 << 20

// payload reads a body: a file, or "-" for standard input.
func (p *Program) payload(name string) ([]byte, error) {
	from := p.Stdin
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the operator names it
		if err != nil {
			return nil, fmt.Errorf("read the payload: %w", err)
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	if from == nil {
		return nil, errors.New("read the payload: there is no standard input")
	}
	body, err := io.ReadAll(io.LimitReader(from, maxPayload+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the payload: %w", err)
	case len(body) > maxPayload:
		return nil, fmt.Errorf("the payload is larger than %d bytes", maxPayload)
	case body == nil:
		return []byte{}, nil
	default:
		return body, nil
	}
}
