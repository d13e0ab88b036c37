// Package rejections finds out why requests were refused and keeps one line of
// it for the operator. It works when the caller has its answer already, beside
// the receiver and at a bounded rate; it never tells the caller anything, never
// changes an answer and never calls anybody but the store.
package rejections

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// Bounds on what strangers can make us hold and do.
const (
	pause       = time.Second     // between two writes
	idle        = 4               // explaining takes at most 1/(1+idle) of one core
	lookLimit   = 2 * time.Second // for explaining, at a time: what is left is told as it is
	storeLimit  = 2 * time.Second // for one write
	mostWaiting = 256             // rows that are not stored yet
	mostOfOne   = 16              // of them, of one endpoint
	mostAlike   = 4               // of them, not explained yet and of one error: it may have several causes
	mostBody    = 256 << 10       // of a body that is held, in bytes
	mostHeld    = 1 << 20         // of all of them
	longestLine = 400             // of a cause, in bytes
)

// Store keeps rows. Safe for concurrent use.
type Store interface {
	// AddRejections keeps rows, each with those it is like.
	AddRejections(ctx context.Context, rows []job.Rejection) error
}

// Options are what a Keeper is made of. All but Pause must be set.
type Options struct {
	Store     Store
	Endpoints func() []*routing.Endpoint
	Marks     map[string][]string // of the sources, by name; see source.Definition
	Log       *slog.Logger
	Pause     time.Duration // between two writes; 0: 1 s
}

// Refusal is one request that was refused, as it is handed over. It is
// read-only from then on.
type Refusal struct {
	Endpoint *routing.Endpoint // nil: none was called
	Request  *webhook.Request  // never nil
	Whole    bool              // its body was read
	Path     string            // as it may be shown
	Status   int
	Code     string
	Cause    error
	Secret   secret.Text // what a handshake entrusted to us
}

// Keeper explains refusals and stores them. Safe for concurrent use.
type Keeper struct {
	opt  Options
	wake chan struct{}

	mu      sync.Mutex
	fresh   []*waiting // not explained yet
	ready   []*waiting // explained, not stored yet
	index   map[string]*waiting
	buckets map[string]int
	held    int
	dropped int64
}

// waiting is a row on its way, and the first request of it.
type waiting struct {
	row     job.Rejection
	key     string
	refusal Refusal
	held    int // bytes of its body
}

// New makes a Keeper. Nothing is explained before Run.
func New(o Options) *Keeper {
	if o.Pause <= 0 {
		o.Pause = pause
	}
	return &Keeper{opt: o, wake: make(chan struct{}, 1), index: map[string]*waiting{}, buckets: map[string]int{}}
}

// Add takes a refusal. It never waits; what there is no room for is counted.
func (k *Keeper) Add(r Refusal) {
	row := rowOf(r)
	k.mu.Lock()
	defer k.mu.Unlock()
	key, last := k.slot(row.Likeness())
	bucket := row.Bucket()
	all, own := len(k.fresh)+len(k.ready), k.buckets[bucket]
	switch {
	case last != nil && (key == "" || all >= mostWaiting/2 || own >= mostOfOne/2): // the rest is for other errors
		last.row.Merge(row)
		return // it is awake, or will be
	case all >= mostWaiting || own >= mostOfOne:
		k.dropped++
		return
	}
	w := &waiting{row: row, key: key, refusal: r}
	k.hold(w)
	k.buckets[bucket]++
	k.index[w.key] = w
	k.fresh = append(k.fresh, w)
	k.rouse()
}

// slot gives the key under which one more refusal of an error is explained by
// itself, empty where enough are, and the last of those that wait. What proves
// to have the same cause becomes one row when it is explained.
func (k *Keeper) slot(likeness string) (key string, last *waiting) {
	for n := range mostAlike {
		name := fmt.Sprintf("fresh %d\n%s", n, likeness)
		if w := k.index[name]; w != nil {
			last = w
		} else if key == "" {
			key = name
		}
	}
	return key, last
}

// hold keeps the body where there is room for it, else the request without it.
func (k *Keeper) hold(w *waiting) {
	size := cap(w.refusal.Request.Body)
	if size <= mostBody && k.held+size <= mostHeld {
		w.held = size
		k.held += size
		return
	}
	bare := *w.refusal.Request
	bare.Body = nil
	w.refusal.Request, w.refusal.Whole = &bare, false
}

func (k *Keeper) rouse() {
	select {
	case k.wake <- struct{}{}:
	default: // it is awake already
	}
}

func rowOf(r Refusal) job.Rejection {
	at := job.At(r.Request.ReceivedAt)
	row := job.Rejection{
		At: at, FirstAt: at, Count: 1, Path: r.Path, Method: chat.Cut(line(r.Request.Method), 20, chat.Bytes),
		RemoteIP: r.Request.RemoteIP.String(), Status: r.Status, Code: r.Code, Cause: line(fmt.Sprint(r.Cause)), Secret: r.Secret,
	}
	if r.Code == "internal_error" {
		row.Cause = "the server failed at this request: the log has more" // a panic may say anything
	}
	if r.Endpoint != nil {
		row.Plugin, row.Endpoint = r.Endpoint.Plugin, r.Endpoint.Path
	}
	return row
}

// line makes one short line of a text.
func line(text string) string {
	one := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	return chat.Cut(one, longestLine, chat.Bytes)
}
