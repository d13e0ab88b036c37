package sourcetest

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// What a call may allocate in all, in bytes: so much for each byte of the body,
// of which decoding a list of small numbers takes the half; so much for each
// event; and so much beside.
const (
	perByte  = 100
	perEvent = 8 << 10
	beside   = 1 << 20
)

// The sizes of what is measured, in bytes: of bodies that are no service's, and
// of what golden bodies grow to.
const (
	large = 1 << 20
	grown = 64 << 10
)

// measurements is how often a call that seems to cost too much is measured:
// others may allocate at the same time.
const measurements = 3

// costs: what Identify, Events and the messages of all events allocate is
// bounded by the size of the body, whatever is in it.
func (s Suite) costs(r *webhook.Request) (faults []string) {
	for what, body := range grownBodies(r) {
		faults = append(faults, s.costFaults(what, withBody(r, body), s.calls)...)
	}
	return faults
}

// largeCosts: the same holds for a body of a mebibyte, and for what is asked
// before and after.
func (s Suite) largeCosts(r *webhook.Request) (faults []string) {
	for what, body := range largeBodies() {
		faults = append(faults, s.costFaults(what, withBody(r, body), s.allCalls)...)
	}
	return faults
}

func (s Suite) costFaults(what string, r *webhook.Request, calls func(*webhook.Request) map[string]func()) (faults []string) {
	events, _ := s.Source.Events(r)
	most := uint64(perByte*len(r.Body) + perEvent*len(events) + beside)
	for name, call := range calls(r) {
		cost := allocated(call)
		for range measurements - 1 {
			if cost <= most {
				break
			}
			cost = min(cost, allocated(call))
		}
		if cost > most {
			faults = append(faults, fmt.Sprintf("%s: %s allocates %d bytes for a body of %d, want %d at most",
				what, name, cost, len(r.Body), most))
		}
	}
	return faults
}

func (s Suite) calls(r *webhook.Request) map[string]func() {
	return map[string]func(){
		"Identify": func() { _, _ = s.Source.Identify(r) },
		"Events":   func() { _, _ = s.Source.Events(r) },
		"Message":  s.messages(r),
	}
}

// messages words all events once, as for one chat.
func (s Suite) messages(r *webhook.Request) func() {
	events, _ := s.Source.Events(r)
	return func() {
		for _, e := range events {
			s.Source.Message(e, source.English, source.Full)
		}
	}
}

func (s Suite) allCalls(r *webhook.Request) map[string]func() {
	calls := s.calls(r)
	if c, ok := s.Source.(source.Challenger); ok {
		calls["Challenge"] = func() { c.Challenge(r) }
	}
	if g, ok := s.Source.(source.Greeter); ok {
		calls["Greet"] = func() { g.Greet(r) }
	}
	if a, ok := s.Source.(source.Answerer); ok {
		calls["Answer"] = func() { a.Answer(r) }
	}
	return calls
}

// allocated tells what a call allocates, in bytes, whether or not it keeps it.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// largeBodies hold as much as fits of the smallest things there are.
func largeBodies() map[string][]byte {
	members := &strings.Builder{}
	for n := 0; members.Len() < large; n++ {
		members.WriteString(`"` + strconv.FormatInt(int64(n), 36) + `":0,`)
	}
	return map[string][]byte{
		"a list of numbers":  []byte("[" + strings.Repeat("0,", large/2) + "0]"),
		"a list of objects":  []byte("[" + strings.Repeat("{},", large/3) + "{}]"),
		"an object of many":  []byte("{" + members.String() + `"_":0}`),
		"lists within lists": []byte(`{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}"),
		"a long string":      []byte(`{"message":"` + strings.Repeat("<!--", large/4) + `"}`),
		"a form of many":     []byte("payload=%7B%7D" + strings.Repeat("&a", large/2)),
	}
}
