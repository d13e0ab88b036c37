package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"postern/internal/api/apitest"
)

// call is one request, as a sender makes it.
type call struct {
	method  string
	address string
	path    string // as it goes over the wire, with its query
	header  http.Header
	body    []byte
	chunked bool // no length is declared
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// sender is a client that believes no proxy and follows nothing.
type sender struct{ http *http.Client }

func newSender() sender {
	return sender{&http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// do makes the call. Every refusal must be a problem, and every answer one that
// is described.
func (s sender) do(c call) (answer, error) {
	a, err := s.ask(c)
	if err != nil {
		return a, err
	}
	return a, errors.Join(a.check(c.method), a.described(c))
}

// ask makes the call, to any server.
func (s sender) ask(c call) (answer, error) {
	r, err := http.NewRequest(c.method, "http://"+c.address, bytes.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	path, query, _ := strings.Cut(c.path, "?")
	r.URL = &url.URL{Scheme: "http", Host: c.address, Opaque: path, RawQuery: query}
	r.Header = c.header.Clone()
	if c.chunked {
		r.ContentLength, r.Body = -1, io.NopCloser(bytes.NewReader(c.body))
	}
	response, err := s.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, header: response.Header}
	a.body, err = io.ReadAll(response.Body)
	return a, err
}

var description = sync.OnceValues(apitest.Load)

// described holds an answer to openapi.json, whatever the test wanted of it.
func (a answer) described(c call) error {
	document, err := description()
	if err != nil {
		return err
	}
	return document.Check(c.method, c.path, a.status, a.header, a.body)
}

// check holds a refusal to RFC 9457.
func (a answer) check(method string) error {
	if a.status < 400 || method == http.MethodHead {
		return nil
	}
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		return fmt.Errorf("a refusal that is no problem: %w\n%s", err, a)
	}
	if a.header.Get("Content-Type") != "application/problem+json" ||
		p.Type == "" || p.Title == "" || p.Detail == "" || p.Code == "" || p.Status != a.status {
		return fmt.Errorf("a refusal that is no whole problem:\n%s", a)
	}
	return nil
}

// is compares with "202" or "403:chat_not_allowed".
func (a answer) is(want string) error {
	status, code, coded := strings.Cut(want, ":")
	if strconv.Itoa(a.status) != status || coded && a.member("code") != code {
		return fmt.Errorf("got %d, want %s:\n%s", a.status, want, a)
	}
	return nil
}

// member gives a member of the JSON body; empty: there is none.
func (a answer) member(path string) string {
	var v any
	if json.Unmarshal(a.body, &v) != nil {
		return ""
	}
	got, _ := dig(v, path)
	return got
}

func (a answer) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", a.status)
	for _, name := range slices.Sorted(keysOf(a.header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], ", "))
	}
	fmt.Fprintf(&b, "\n%s\n", a.body)
	return b.String()
}

func keysOf(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range h {
			if !yield(name) {
				return
			}
		}
	}
}

// signature is what GitHub sends in X-Hub-Signature-256.
func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// push is a signed push whose latest commit says message.
func push(address, path, secret, delivery, branch, message string) call {
	body := fmt.Appendf(nil, `{"ref":"refs/heads/%s","repository":{"full_name":"acme/widgets","default_branch":"main"},`+
		`"pusher":{"name":"mona"},"commits":[{"id":"1","message":%q}],"head_commit":{"id":"1","message":%q}}`, branch, message, message)
	return call{method: http.MethodPost, address: address, path: path, body: body, header: http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {"push"}, "X-Github-Delivery": {delivery},
		"X-Hub-Signature-256": {signature(secret, body)},
	}}
}

// dig follows a path such as notifications.0.state through decoded JSON; a
// last segment len is a list's length. What is not there is false.
func dig(v any, path string) (string, bool) {
	for segment := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[segment]
			if !ok {
				return "", false
			}
			v = next
		case []any:
			if segment == "len" {
				return strconv.Itoa(len(at)), true
			}
			n, err := strconv.Atoi(segment)
			if err != nil || n < 0 || n >= len(at) {
				return "", false
			}
			v = at[n]
		default:
			return "", false
		}
	}
	if s, ok := v.(string); ok {
		return s, true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

// token is the API token of every config here.
const token = "a-token-of-the-tests"

// job asks for a job.
func (s sender) job(address, id string) (answer, error) {
	a, err := s.do(call{
		method: http.MethodGet, address: address, path: "/api/jobs/" + id,
		header: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err == nil && a.status != http.StatusOK {
		err = a.is("200")
	}
	return a, err
}

// awaitJob asks until every field has its value.
func (s sender) awaitJob(address, id string, d time.Duration, wants []string) (last answer, err error) {
	err = within(d, func() error {
		var err error
		if last, err = s.job(address, id); err != nil {
			return err
		}
		return last.has(wants)
	})
	return last, err
}

// has checks fields of the answer's JSON: "notifications.0.state=sent".
func (a answer) has(wants []string) error {
	if len(wants) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		return err
	}
	for _, want := range wants {
		path, value, _ := strings.Cut(want, "=")
		if got, ok := dig(v, path); !ok || got != value {
			return fmt.Errorf("%s is %q, want %q, in\n%s", path, got, value, a.body)
		}
	}
	return nil
}
