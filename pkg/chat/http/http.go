// Package http tells any platform that takes one HTTP request: the config writes
// the request and says how to read the reply. It knows no platform, follows no
// redirect and uploads nothing.
package http

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// Definition registers this chat as "http".
func Definition() chat.Definition { return chat.Define("http", New) }

// Config is the request and how its reply is read.
type Config struct {
	URL     secret.Text            `yaml:"url"`     // may hold a key
	Method  string                 `yaml:"method"`  // POST where nothing is written
	Headers map[string]secret.Text `yaml:"headers"` // as they are: no templates
	// Body is a Go template over the message and its event; see view. Without one
	// it is JSON of title, text, url and severity.
	Body    secret.Text            `yaml:"body"`
	Secrets map[string]secret.Text `yaml:"secrets"` // what the body may show as .secrets.NAME, and no error
	Success Success                `yaml:"success"`
}

// Sender makes one kind of request.
type Sender struct {
	url     secret.Text
	method  string
	header  map[string]secret.Text
	body    *body // nil: of a GET
	success Success
	hidden  []secret.Text
	http    *http.Client
}

var _ chat.Sender = (*Sender)(nil)

// New checks the settings. It tries the body on messages full of quotes and line
// breaks, so that what goes wrong with any of them goes wrong here.
func New(c Config, tools chat.Tools) (*Sender, error) {
	s := &Sender{url: c.URL, method: c.Method, success: c.Success, http: tools.HTTP}
	if err := chat.CheckAddress(c.URL.Reveal()); err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	if s.method == "" {
		s.method = http.MethodPost
	}
	if !slices.Contains(methods(), s.method) {
		return nil, fmt.Errorf("method is none of %s", strings.Join(methods(), ", "))
	}
	if err := s.takeHeaders(c.Headers); err != nil {
		return nil, err
	}
	if err := c.Success.check(); err != nil {
		return nil, fmt.Errorf("success: %w", err)
	}
	if err := s.takeBody(c); err != nil {
		return nil, err
	}
	s.hidden = hidden(c)
	return s, nil
}

func methods() []string {
	return []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet}
}

// takeHeaders keeps the headers under their canonical names.
func (s *Sender) takeHeaders(written map[string]secret.Text) error {
	s.header = map[string]secret.Text{}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		_, twice := s.header[canonical]
		switch value := written[name]; {
		case !token(name):
			return errors.New("headers: a name holds a character that no header's name has")
		case slices.Contains([]string{"Host", "Content-Length", "Transfer-Encoding", "Connection"}, canonical):
			return fmt.Errorf("headers: %s is set by the request itself", canonical)
		case twice:
			return fmt.Errorf("headers: %s is written twice", canonical)
		case strings.TrimSpace(value.Reveal()) == "":
			return fmt.Errorf("headers: %s is empty", canonical)
		case strings.ContainsFunc(value.Reveal(), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }):
			return fmt.Errorf("headers: %s holds a control character", canonical)
		default:
			s.header[canonical] = value
		}
	}
	return nil
}

// token reports whether a name may be a header's.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

const contentType = "Content-Type"

func (s *Sender) takeBody(c Config) error {
	written := c.Body != secret.Text{}
	if s.method == http.MethodGet {
		if written {
			return errors.New("body: a GET has none")
		}
		return nil
	}
	if _, ok := s.header[contentType]; !ok {
		s.header[contentType] = secret.New("application/json")
	}
	text := c.Body.Reveal()
	switch {
	case written && strings.TrimSpace(text) == "":
		return errors.New("body is empty")
	case !written && escaperOf(s.header[contentType].Reveal()) != escapeJSON:
		return errors.New("body is missing: the one that there is without it is JSON, and the Content-Type is not")
	case !written:
		text = defaultBody
	}
	var err error
	s.body, err = compile(text, s.header[contentType].Reveal(), c.Secrets)
	return err
}

// hidden are what no error may show: the headers' values and each long word of
// them, for a platform may repeat a token without its "Bearer".
func hidden(c Config) []secret.Text {
	var all []secret.Text
	for name, value := range c.Headers {
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case contentType, "Accept", "User-Agent":
			continue
		}
		all = append(all, value)
		for word := range strings.FieldsSeq(value.Reveal()) {
			if len(word) >= 8 {
				all = append(all, secret.New(word))
			}
		}
	}
	return append(all, secret.NonEmpty(slices.Collect(maps.Values(c.Secrets)))...)
}

// Capabilities says that requests need no order and want the event.
func (*Sender) Capabilities() chat.Capabilities {
	return chat.Capabilities{Markup: chat.PlainText, Unordered: true, Event: true}
}

// Send makes the request. A body that the template cannot make of d, or that is
// not the JSON it is declared to be, is hopeless and is not sent.
func (s *Sender) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	if d.Message.Text() == "" {
		return chat.Receipt{}, retry.Never(errors.New("the message is empty"))
	}
	var content []byte
	if s.body != nil {
		var err error
		if content, err = s.body.render(view(d)); err != nil {
			return chat.Receipt{}, retry.Never(err)
		}
	}
	header := http.Header{}
	for name, value := range s.header {
		header.Set(name, value.Reveal())
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		Method: s.method, URL: s.url.Reveal(), Header: header, Body: content, Secrets: s.hidden,
	})
	if err != nil {
		return chat.Receipt{}, err
	}
	return s.success.judge(answer)
}
