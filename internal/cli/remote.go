package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/internal/config"
	"postern/pkg/client"
	"postern/pkg/secret"
)

// usualURL is where a Postern is that nobody told the address of.
const usualURL = "http://localhost:8080"

// answerWithin bounds the wait for the beginning of an answer: a page of a
// change of many jobs takes the server half of it.
const answerWithin = time.Minute

// remote are the flags of the commands that ask a Postern that runs.
type remote struct {
	*flags
	url, token   *string
	asJSON, full *bool
}

// remote makes them. What lists or shows for a person has --full.
func (p *Program) remote(command string, shows bool) remote {
	set := p.flags(command)
	r := remote{
		flags:  set,
		url:    set.String("url", "", "ask the Postern at `URL`; default: $POSTERN_URL, else http.base_url of the config, else "+usualURL),
		token:  set.String("token", "", "the API token is in `file:/path`; default: $POSTERN_API_TOKEN. A command line is no place for the token itself: others on this machine can read it"),
		asJSON: set.Bool("json", false, "print the API's JSON: a document, or of a listing one a line"),
		full:   new(bool),
	}
	if shows {
		r.full = set.Bool("full", false, "cut nothing, and times in full, on a terminal too")
	}
	return r
}

// distant is a Postern that runs, and how it was found.
type distant struct {
	*client.Client
	program *Program
	screen  *screen
	asJSON  bool
	url     string
	from    string // what named the address
	token   string // what named the token; empty: there is none
}

// open finds the server. Nothing is called yet.
func (r remote) open() (*distant, error) {
	d := &distant{program: r.program, screen: r.program.look(), asJSON: *r.asJSON}
	if *r.full {
		d.screen = &screen{now: d.screen.now, colour: d.screen.colour}
	}
	d.url, d.from = r.address()
	token, err := r.key(d)
	if err != nil {
		return nil, err
	}
	through := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is documented to be one
	through.ResponseHeaderTimeout = answerWithin
	d.Client, err = client.New(client.Options{
		BaseURL: d.url, Token: token, HTTP: &http.Client{Transport: through},
		Patience: -1, // a person is told rather than kept waiting
	})
	if err != nil {
		return nil, r.usage("%s: want http:// or https:// and a host, without user and query", d.from)
	}
	return d, nil
}

// address says where to ask, and what said so. A config with faults has an
// address all the same.
func (r remote) address() (address, from string) {
	if *r.url != "" {
		return *r.url, "--url"
	}
	if u := r.program.variable("POSTERN_URL"); u != "" {
		return u, "POSTERN_URL"
	}
	if file := r.program.file(*r.config); file != "" {
		if cfg, _ := config.Load(file, r.program.Env); cfg != nil && !cfg.At("http", "base_url").IsZero() {
			return cfg.HTTP.BaseURL, "http.base_url of " + file
		}
	}
	return usualURL, "the default"
}

// key reads the token, and notes where it was.
func (r remote) key(d *distant) (secret.Text, error) {
	written := r.program.variable("POSTERN_API_TOKEN")
	d.token = "POSTERN_API_TOKEN"
	switch {
	case *r.token != "" && !strings.HasPrefix(*r.token, "file:"):
		return secret.Text{}, r.usage("--token takes file:/path, never the token itself: others on this machine can read a command line; POSTERN_API_TOKEN may hold it")
	case *r.token != "":
		written, d.token = *r.token, "--token"
	case written == "":
		d.token = ""
		return secret.Text{}, nil
	}
	token, err := config.Secret(written)
	if err != nil {
		return secret.Text{}, r.usage("%s: %s", d.token, err)
	}
	return token, nil
}

// explain words an error for who has to act on it.
func (d *distant) explain(err error) error {
	var refused *client.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return d.refused(refused)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("no answer from %s (by %s): %w; is it running? Another is asked with --url or POSTERN_URL", d.url, d.from, u.Err)
	}
	return fmt.Errorf("%s does not answer as Postern does: %w", d.url, err)
}

func (d *distant) refused(e *client.Error) error {
	switch {
	case e.Code == "":
		return fmt.Errorf("%s answers %d %s, which is not what Postern says; another is asked with --url or POSTERN_URL",
			d.url, e.Status, http.StatusText(e.Status))
	case e.Status == http.StatusUnauthorized && d.token == "":
		return fmt.Errorf("%s: set POSTERN_API_TOKEN to one of api.tokens in the config of %s, or name a file with --token file:/path", e.Code, d.url)
	case e.Status == http.StatusUnauthorized:
		return fmt.Errorf("%s: the token of %s is none of api.tokens in the config of %s", e.Code, d.token, d.url)
	case e.Code == client.APINotConfigured:
		return fmt.Errorf("%s: %s has no api.tokens in its config: put one there, and into POSTERN_API_TOKEN here", e.Code, d.url)
	case e.Code == client.ScopeMissing:
		return fmt.Errorf("%s: %s Give %s one that has it", e.Code, e.Detail, d.token)
	case e.Code == client.InvalidQuery:
		return usage("%s", e.Detail)
	case e.RetryAfter > 0:
		return fmt.Errorf("%s: %s Try again in %s", e.Code, e.Detail, e.RetryAfter)
	default:
		return fmt.Errorf("%s: %s", e.Code, strings.TrimSuffix(e.Detail, "."))
	}
}
