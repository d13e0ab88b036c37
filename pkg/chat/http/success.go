package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// Success says how the reply is read. Without any of it, a 2xx is a success and all
// else is what its status means everywhere.
type Success struct {
	Match `yaml:",inline"`

	MessageID  string `yaml:"message_id"` // where in the reply's JSON the receipt's id stands
	RetryAfter *Wait  `yaml:"retry_after"`
	Limited    *Match `yaml:"limited"` // wait, at no cost of attempts
	Gone       *Match `yaml:"gone"`    // nothing can arrive before somebody mends it
	Again      *Match `yaml:"again"`   // try again, with back-off
}

// Match is what must hold of a reply: all that is written.
type Match struct {
	Status   []int  `yaml:"status"` // any of them
	JSON     *Field `yaml:"json"`
	Contains string `yaml:"contains"`
}

// Field is a value of the reply's JSON.
type Field struct {
	Path   string   `yaml:"path"`   // keys and positions, parted by dots: data.errors.0.code
	Equals []string `yaml:"equals"` // any of them, compared as text: 0 is "0"
}

// Wait is where the reply's JSON says how long to wait.
type Wait struct {
	JSON string `yaml:"json"`
	Unit string `yaml:"unit"` // s or ms; s where nothing is written
}

func (s Success) check() error {
	if err := s.Match.check(); err != nil {
		return err
	}
	for name, m := range map[string]*Match{"limited": s.Limited, "gone": s.Gone, "again": s.Again} {
		if m == nil {
			continue
		}
		if m.Status == nil && m.JSON == nil && m.Contains == "" {
			return fmt.Errorf("%s says nothing of what it looks like", name)
		}
		if err := m.check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	switch w := s.RetryAfter; {
	case w == nil:
	case w.JSON == "":
		return errors.New("retry_after: json is missing: where the time stands")
	case !slices.Contains([]string{"", "s", "ms"}, w.Unit):
		return errors.New("retry_after: unit is neither s nor ms")
	}
	return nil
}

func (m Match) check() error {
	for _, code := range m.Status {
		if code < 200 || code > 599 {
			return fmt.Errorf("status: %d is no status of an answer", code)
		}
	}
	if m.Status != nil && len(m.Status) == 0 {
		return errors.New("status is empty")
	}
	if m.JSON != nil && (m.JSON.Path == "" || len(m.JSON.Equals) == 0) {
		return errors.New("json wants path and equals")
	}
	return nil
}

// reply is an answer whose JSON is read once.
type reply struct {
	chat.Answer
	json any // nil: it is none
}

func read(a chat.Answer) reply {
	r := reply{Answer: a}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(a.Body, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	if d.Decode(&r.json) != nil {
		r.json = nil
	}
	return r
}

// at gives the value at a path as text; false where there is none.
func (r reply) at(path string) (string, bool) {
	v := r.json
	for key := range strings.SplitSeq(path, ".") {
		switch of := v.(type) {
		case map[string]any:
			v = of[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(of) {
				return "", false
			}
			v = of[i]
		default:
			return "", false
		}
	}
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// holds reports whether r is what m looks like.
func (m *Match) holds(r reply) bool {
	if m == nil || m.Status != nil && !slices.Contains(m.Status, r.Status) {
		return false
	}
	if m.JSON != nil {
		if value, ok := r.at(m.JSON.Path); !ok || !slices.Contains(m.JSON.Equals, value) {
			return false
		}
	}
	return strings.Contains(string(r.Body), m.Contains)
}

// judge reads the reply: first for what is written of refusals, then for success,
// then by its status.
func (s Success) judge(a chat.Answer) (chat.Receipt, error) {
	r := read(a)
	switch {
	case s.Gone.holds(r):
		return chat.Receipt{}, retry.Never(a.Err(""), retry.Broken())
	case s.Limited.holds(r):
		return chat.Receipt{}, a.Later(s.wait(r), "")
	case s.Again.holds(r):
		return chat.Receipt{}, a.Err("")
	case (s.Status != nil || a.OK()) && s.holds(r):
		return s.receipt(r), nil
	case a.Status == http.StatusTooManyRequests:
		return chat.Receipt{}, a.Later(s.wait(r), "")
	case !a.OK():
		return chat.Receipt{}, a.ByStatus("")
	case s.unreadable(r):
		// It may be anybody's, a proxy's for one.
		return chat.Receipt{}, retry.Unknown(a.Err(""))
	}
	return chat.Receipt{}, retry.Never(a.Err(""))
}

// unreadable reports whether the place is missing that says how it went.
func (s Success) unreadable(r reply) bool {
	if s.JSON == nil {
		return false
	}
	_, ok := r.at(s.JSON.Path)
	return !ok
}

func (s Success) receipt(r reply) chat.Receipt {
	if s.MessageID == "" {
		return chat.Receipt{}
	}
	id, _ := r.at(s.MessageID)
	return chat.Receipt{MessageID: chat.Cut(chat.Clean(id), maxID, chat.Runes)}
}

// maxID is the longest id that a receipt keeps, in characters.
const maxID = 200

// wait reads the time that the reply asks for; nothing where it asks for none.
func (s Success) wait(r reply) time.Duration {
	if s.RetryAfter == nil {
		return 0
	}
	text, _ := r.at(s.RetryAfter.JSON)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	if s.RetryAfter.Unit == "ms" {
		n /= 1000
	}
	return chat.Seconds(n)
}
