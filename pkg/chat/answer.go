package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postern/pkg/retry"
)

const (
	// maxWait is the longest wait a platform can ask for.
	maxWait = 15 * time.Minute
	// defaultWait is what "too many" means where no time is given.
	defaultWait = 5 * time.Second
	// zeroWait is what it means where the time given is none.
	zeroWait = time.Second
	// maxWords is how much of a platform's words an error repeats.
	maxWords = 300
)

// Answer is what a platform said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most 1 MiB of a 2xx, else 64 KiB

	hide func(string) string
}

// OK reports a status of 2xx.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Words gives the beginning of the body, for an error: on one line, without
// secrets.
func (a Answer) Words() string { return a.shown(string(a.Body)) }

// Err is a plain error of the status and the platform's words; empty words
// mean those of the body. It shows no secret.
func (a Answer) Err(words string) error {
	if words = a.shown(words); words == "" {
		words = a.Words()
	}
	text := strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
	if words == "" {
		return fmt.Errorf("the platform answered %s", text)
	}
	return fmt.Errorf("the platform answered %s: %s", text, words)
}

func (a Answer) shown(words string) string {
	words = blankless(words)
	if a.hide != nil {
		words = blankless(a.hide(words)) // before cutting: half a secret would not be found
	}
	return Cut(words, maxWords, Runes)
}

// blankless cleans words and puts them on one line, with single blanks between them.
func blankless(words string) string { return strings.Join(strings.Fields(oneLine(words)), " ") }

// Refusal is ByStatus of a platform whose answers are JSON: a 401, 403 or 404
// with another body is not its word, see Foreign.
func (a Answer) Refusal(words string) error {
	if a.Foreign() {
		return a.Err(words)
	}
	return a.ByStatus(words)
}

// Foreign reports whether a 401, 403 or 404 of a platform whose answers are JSON
// comes from somebody before it: a proxy whose backend restarts says "404 page not
// found", a firewall shows a page. That breaks no chat; it is tried again.
func (a Answer) Foreign() bool {
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		body := bytes.TrimSpace(a.Body)
		return len(body) > 0 && !json.Valid(body)
	default:
		return false
	}
}

// ByStatus is Err with the advice that the status alone gives, for whatever a
// platform's own table does not know: 401 and 403 concern the account, 404 and
// 410 say that the chat is gone, 429 waits, as does a 5xx that says for how long;
// 408, 425 and all other 5xx are tried again, of which a 504 says that somebody
// waited for the platform in vain, so the message may have arrived. All else is
// hopeless.
func (a Answer) ByStatus(words string) error {
	err := a.Err(words)
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case http.StatusNotFound, http.StatusGone:
		return retry.Never(err, retry.Broken())
	case http.StatusTooManyRequests:
		return a.Later(0, words)
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return err
	}
	_, timed := a.RetryAfter()
	switch {
	case a.Status >= 500 && timed:
		return a.Later(0, words)
	case a.Status == http.StatusGatewayTimeout:
		return retry.Unknown(err)
	case a.Status >= 500:
		return err
	default:
		return retry.Never(err)
	}
}

// Later asks to wait: for d if it is more than nothing, else for as long as
// Retry-After says. Where that is nothing either, it is a guess, of a few seconds
// or, of a platform that said 0, of one.
func (a Answer) Later(d time.Duration, words string, options ...retry.Option) error {
	if d <= 0 {
		after, timed := a.RetryAfter()
		switch {
		case after > 0:
			d = after
		case timed:
			d, options = zeroWait, append(options, retry.Guess())
		default:
			d, options = defaultWait, append(options, retry.Guess())
		}
	}
	return retry.After(min(d, maxWait), a.Err(words), options...)
}

// RetryAfter reads the header of that name, between nothing and 15 minutes.
func (a Answer) RetryAfter() (time.Duration, bool) {
	return ParseRetryAfter(a.Header.Get("Retry-After"), time.Now())
}

// Decode reads the body as the JSON that the platform promised. A body that is
// none may be anybody's, a proxy's for one: whether the message arrived is
// then unknown.
func (a Answer) Decode(into any) error {
	if err := json.Unmarshal(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf")), into); err != nil {
		return retry.Unknown(fmt.Errorf("the answer is not the JSON it should be: %w", a.Err("")))
	}
	return nil
}

var seconds = regexp.MustCompile(`^[0-9]+(\.[0-9]*)?$`)

// ParseRetryAfter reads a Retry-After: seconds, whole or with a fraction, or an
// HTTP date. What it gives lies between nothing and 15 minutes.
func ParseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if seconds.MatchString(value) {
		s, err := strconv.ParseFloat(value, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, false
		}
		return Seconds(s), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxWait), true
}

// Seconds makes a wait of a number of seconds, between nothing and 15 minutes.
func Seconds(s float64) time.Duration {
	switch {
	case s >= maxWait.Seconds():
		return maxWait
	case s > 0:
		return time.Duration(s * float64(time.Second))
	default: // NaN too
		return 0
	}
}

// JSON encodes what a Sender built; it leaves < > & as they are. It panics on
// what encoding/json cannot encode: that is the Sender's fault, not a message's.
func JSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("chat: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
