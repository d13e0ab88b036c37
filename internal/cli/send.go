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
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// mostSends bounds --count: this is no load test.
const mostSends = 10_000

// sending is one call of "postern send".
type sending struct {
	spec
	program  *Program
	url      string // where to; empty: the endpoint's own address
	endpoint *routing.Endpoint
	public   string // as the sender was told it: some sign the address
	signer   verify.Signer
	count    int
	sameID   bool
	dryRun   bool
	asJSON   bool
	timeout  time.Duration
	client   *http.Client
}

// sendFlags are the flags as they are written.
type sendFlags struct {
	*flags
	url, secret, webhook, payload    *string
	headers                          *[]string
	count                            *int
	sameID, unsigned, dryRun, asJSON *bool
	timeout                          *time.Duration
}

func (p *Program) sendFlags() sendFlags {
	set := p.flags("send")
	return sendFlags{
		flags:    set,
		url:      set.String("url", "", "post to `URL`; default: the address of --webhook"),
		secret:   set.String("secret", "", "sign with `SECRET`, a private key where the sender has one. Others on this machine can read a command line: better file:/path, or the variable POSTERN_SECRET"),
		webhook:  set.String("webhook", "", "the endpoint `PLUGIN/ENDPOINT` of the config: its address and, without --secret, its secrets"),
		payload:  set.String("payload", "", "the body is `FILE` as it is, or - for standard input, in place of the sample's"),
		headers:  set.list("header", "put the `HEADER` \"Name: value\" in place of the sample's; may be repeated"),
		count:    set.Int("count", 1, "send `N` of them, one after the other"),
		sameID:   set.Bool("same-id", false, "the same delivery id each time: duplicates"),
		unsigned: set.Bool("unsigned", false, "send no signature and no token"),
		dryRun:   set.Bool("dry-run", false, "print it as a curl line and send nothing; it holds the signature"),
		asJSON:   set.Bool("json", false, "print each answer as a line of JSON"),
		timeout:  set.Duration("timeout", 30*time.Second, "wait `TIME` for each answer"),
	}
}

func runSend(ctx context.Context, p *Program, args []string) error {
	set := p.sendFlags()
	words, err := set.parse(args, "[SOURCE]", "[EVENT]")
	switch {
	case err != nil:
		return err
	case len(words) == 0:
		return p.listSources(*set.asJSON)
	}
	def, err := p.find(words[0])
	if err != nil {
		return set.usage("%s", err)
	}
	if len(words) == 1 {
		return p.listEvents(def, *set.asJSON)
	}
	s, err := p.sending(set, def, words[1])
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// sending makes of the flags what is to be sent. Its errors are the caller's.
func (p *Program) sending(set sendFlags, def source.Definition, event string) (*sending, error) {
	s := &sending{
		program: p, url: *set.url, count: *set.count, sameID: *set.sameID, dryRun: *set.dryRun,
		asJSON: *set.asJSON, timeout: *set.timeout, client: caller(),
	}
	s.spec = spec{source: def, event: event, headers: *set.headers}
	switch {
	case s.count < 1 || s.count > mostSends:
		return nil, set.usage("--count: want 1 to %d", mostSends)
	case s.timeout <= 0:
		return nil, set.usage("--timeout: want more than nothing")
	case *set.unsigned && *set.secret != "":
		return nil, set.usage("one of --secret and --unsigned")
	}
	if *set.payload != "" {
		body, err := p.payload(*set.payload)
		if err != nil {
			return nil, set.usage("%s", err)
		}
		s.body = body
	}
	if _, err := s.sample(); err != nil {
		return nil, set.usage("%s", err)
	}
	if err := s.aim(set); err != nil {
		return nil, err
	}
	return s, s.arm(set)
}

// aim finds endpoint, source and address.
func (s *sending) aim(set sendFlags) error {
	if *set.webhook != "" {
		if err := s.aimAtEndpoint(set); err != nil {
			return err
		}
	}
	if s.made == nil {
		made, err := s.source.Build(func(any) error { return nil })
		if err != nil {
			return set.usage("%s wants settings, name its endpoint with --webhook: %s", s.source.Name, err)
		}
		s.made = made
	}
	if s.url == "" {
		return set.usage("where to? --url URL, or --webhook PLUGIN/ENDPOINT of a config")
	}
	u, err := url.Parse(s.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return set.usage("--url: want http:// or https:// and a host")
	}
	if s.public == "" {
		s.public = s.url
	}
	return nil
}

func (s *sending) aimAtEndpoint(set sendFlags) error {
	_, inEnv := s.program.Env("POSTERN_SECRET")
	if s.program.file(*set.config) == "" && *set.secret == "" && !inEnv && !*set.unsigned {
		return set.usage("there is no config, and the demo's secrets are made anew at each start: give the one it printed with --secret")
	}
	a, err := s.program.openOrDemo(*set.config)
	if err != nil {
		return err
	}
	e, path, err := endpoint(a, *set.webhook)
	if err != nil {
		return set.usage("%s", err)
	}
	if e.SourceName != s.source.Name && e.SourceName != "generic" {
		return set.usage("%s is an endpoint of the source %s, not of %s", *set.webhook, e.SourceName, s.source.Name)
	}
	s.endpoint, s.public = e, address(a.Config, e, path)
	if e.SourceName == s.source.Name {
		s.made = e.Source
	}
	if s.url == "" {
		s.url = s.public
	}
	return nil
}

// arm chooses what signs, and tries it on one request: what cannot be signed
// is the caller's mistake.
func (s *sending) arm(set sendFlags) error {
	key, err := s.program.key(*set.secret)
	if err != nil {
		return set.usage("--secret: %s", err)
	}
	if *set.unsigned {
		s.signer = verify.SignerFunc(func(*webhook.Request, time.Time) error { return nil })
	} else if s.signer, err = signerOf(s.spec, s.endpoint, key); err != nil {
		return set.usage("%s", s.unsignable(err))
	}
	f, err := fresh()
	if err != nil {
		return err
	}
	if _, err = s.next(f); err != nil {
		return set.usage("%s", s.unsignable(err))
	}
	return nil
}

// unsignable says what would help.
func (s *sending) unsignable(err error) error {
	switch {
	case errors.Is(err, verify.ErrNotConfigured):
		return fmt.Errorf("%s signs what it sends: give --secret or POSTERN_SECRET, or --webhook; --unsigned sends it without", s.source.Name)
	case errors.Is(err, verify.ErrCannotSign):
		return fmt.Errorf("%w; --unsigned sends it without", err)
	default:
		return err
	}
}

// key reads the secret: the flag's, else the environment's; empty where there
// is none.
func (p *Program) key(written string) (secret.Text, error) {
	if written == "" {
		written, _ = p.Env("POSTERN_SECRET")
	}
	if written == "" {
		return secret.Text{}, nil
	}
	return config.Secret(written)
}

// next makes one request, signed now, and its address.
func (s *sending) next(f source.Fresh) (*webhook.Request, error) {
	r, err := s.request(f)
	if err != nil {
		return nil, err
	}
	address, query, _ := strings.Cut(s.public, "?")
	if _, own, ok := strings.Cut(s.url, "?"); ok {
		query = own
	}
	r.RawQuery = strings.Trim(query+"&"+r.RawQuery, "&")
	r.URL = address
	if r.RawQuery != "" {
		r.URL += "?" + r.RawQuery
	}
	if err := s.signer.Sign(r, time.Now()); err != nil {
		return nil, err
	}
	return r, s.setHeaders(r) // a signature of the operator's own is the last word
}

// to is where a request goes: path and query may hold its token.
func (s *sending) to(r *webhook.Request) string {
	address, _, _ := strings.Cut(s.url, "?")
	for name, value := range r.Params {
		address = strings.ReplaceAll(address, "{"+name+"}", url.PathEscape(value))
	}
	if r.RawQuery == "" {
		return address
	}
	return address + "?" + r.RawQuery
}

// run sends them all.
func (s *sending) run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	f, err := fresh()
	if err != nil {
		return err
	}
	refused := 0
	for n := range s.count {
		if n > 0 && !s.sameID {
			if f, err = fresh(); err != nil {
				return err
			}
		}
		taken, err := s.one(ctx, f)
		if err != nil {
			return err
		}
		if !taken {
			refused++
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d not accepted", refused, s.count)
	}
	return nil
}

// one sends one, and reports whether it was answered 2xx.
func (s *sending) one(ctx context.Context, f source.Fresh) (bool, error) {
	r, err := s.next(f)
	if err != nil {
		return false, err
	}
	if s.dryRun {
		return true, s.program.printCurl(r, s.to(r), s.asJSON)
	}
	a, err := s.post(ctx, r)
	if err != nil {
		return false, err
	}
	return a.Accepted, s.program.printAnswer(a, s.asJSON)
}
