package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"postern/pkg/webhook"
)

// longestAnswer bounds what is read of an answer, in bytes.
const longestAnswer = 64 << 10

// answered is what "postern send --json" says of one request.
type answered struct {
	Source    string `json:"source"`
	Event     string `json:"event"`
	URL       string `json:"url"` // less its query, which may hold a token
	Accepted  bool   `json:"accepted"`
	Status    int    `json:"status"`
	TookMS    int64  `json:"took_ms"`
	JobID     string `json:"job_id,omitempty"`
	StatusURL string `json:"status_url,omitempty"`
	Duplicate bool   `json:"duplicate,omitempty"`
	Spooled   bool   `json:"spooled,omitempty"`
	Code      string `json:"code,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Location  string `json:"location,omitempty"`
	Body      string `json:"body,omitempty"` // where it is nobody's 202 and no problem
}

// caller never follows a redirect: the signature is meant for one address.
func caller() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends one request and reads the answer. A redirect is one.
func (s *sending) post(ctx context.Context, r *webhook.Request) (answered, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	call, err := http.NewRequestWithContext(ctx, r.Method, s.to(r), bytes.NewReader(r.Body))
	if err != nil {
		return answered{}, fmt.Errorf("make the request: %w", unlocated(err))
	}
	call.Header = r.Header.Clone()
	began := time.Now()
	response, err := s.client.Do(call)
	if err != nil {
		return answered{}, fmt.Errorf("post to %s: %w", call.URL.Host, unlocated(err))
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return answered{}, fmt.Errorf("read the answer of %s: %w", call.URL.Host, unlocated(err))
	}
	a := answered{
		Source: s.source.Name, Event: s.event, Status: response.StatusCode, TookMS: time.Since(began).Milliseconds(),
		Accepted: response.StatusCode/100 == 2, Location: response.Header.Get("Location"),
	}
	a.URL, _, _ = strings.Cut(s.url, "?")
	a.read(call.URL, body)
	return a, nil
}

// unlocated takes the address off an error: its query may hold a token.
func unlocated(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// read takes what an answer says of the job, or of the refusal.
func (a *answered) read(asked *url.URL, body []byte) {
	var said struct {
		JobID     string `json:"job_id"`
		StatusURL string `json:"status_url"`
		Duplicate bool   `json:"duplicate"`
		Spooled   bool   `json:"spooled"`
		Code      string `json:"code"`
		Detail    string `json:"detail"`
	}
	_ = json.Unmarshal(body, &said) // an answer of another form says none of it
	a.JobID, a.Duplicate, a.Spooled, a.Code, a.Detail = said.JobID, said.Duplicate, said.Spooled, said.Code, said.Detail
	a.StatusURL = absolute(asked, said.StatusURL)
	if a.Location != "" {
		a.Location = absolute(asked, a.Location)
	}
	if a.JobID == "" && a.Code == "" && utf8.Valid(body) {
		a.Body = strings.TrimSpace(string(body))
	}
}

// absolute makes of a path what can be called.
func absolute(asked *url.URL, reference string) string {
	u, err := asked.Parse(reference)
	if err != nil || reference == "" {
		return reference
	}
	return u.String()
}

func (p *Program) printAnswer(a answered, asJSON bool) error {
	if asJSON {
		return p.printJSON(a)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s in %d ms", a.Status, http.StatusText(a.Status), a.TookMS)
	if a.Duplicate {
		b.WriteString(", a duplicate")
	}
	if a.Spooled {
		b.WriteString(", spooled")
	}
	if a.Code != "" {
		b.WriteString(": " + printable(a.Code))
	}
	rows := [][2]string{
		{"job", a.JobID}, {"status", a.StatusURL}, {"detail", a.Detail}, {"body", a.Body},
	}
	if a.StatusURL == "" {
		rows = append(rows, [2]string{"location", a.Location})
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(&b, "\n  %-8s %s", row[0], printable(row[1]))
		}
	}
	_, err := fmt.Fprintln(p.Stdout, b.String())
	return err
}

// printable keeps what a stranger answers from moving the terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// printCurl writes a request as a line for a shell.
func (p *Program) printCurl(r *webhook.Request, to string, asJSON bool) error {
	if asJSON {
		return p.printJSON(map[string]any{"method": r.Method, "url": to, "headers": r.Header, "body": string(r.Body)})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "curl -i -X %s %s", r.Method, quoted(to))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			b.WriteString(" \\\n  -H " + quoted(name+": "+value))
		}
	}
	if len(r.Body) > 0 {
		b.WriteString(" \\\n  --data-binary " + quoted(string(r.Body)))
	}
	_, err := fmt.Fprintln(p.Stdout, b.String())
	return err
}

// quoted is one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
