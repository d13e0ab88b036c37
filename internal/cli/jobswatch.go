package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postern/pkg/client"
)

// How new jobs are watched.
const (
	watchEvery   = time.Second
	watchOverlap = 10 * time.Second // clocks of receivers may be so far apart
	watchOpen    = 100              // jobs that are asked for at a time
)

func runJobsWatch(ctx context.Context, p *Program, args []string) error {
	set := p.remote("jobs watch", true)
	filters := set.jobFilters()
	ids, err := set.parse(args, "[ID]")
	switch {
	case err != nil:
		return err
	case len(ids) == 1 && filters.any():
		return set.usage("one of ID and filters")
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	w := &watch{distant: d, seen: map[string]sight{}, query: filters.query()}
	if len(ids) == 1 {
		return w.one(ctx, ids[0])
	}
	return w.all(ctx)
}

// watch is one call of "postern jobs watch".
type watch struct {
	*distant
	query  client.Query
	seen   map[string]sight
	open   []string // jobs that are not finished; those in front are asked for next
	newest time.Time
	failed bool // the last look did
}

// sight is what was last said of a job.
type sight struct {
	said string
	at   time.Time // of its acceptance
}

// one follows a job to its end, and says whether it was good.
func (w *watch) one(ctx context.Context, id string) error {
	var last *client.Job
	for j, err := range w.Watch(ctx, id) {
		if err != nil {
			return w.explain(err)
		}
		last = j
		if err := w.tell(j); err != nil {
			return err
		}
		w.seen[id] = sight{said: summary(j)}
	}
	switch {
	case last == nil:
		return fmt.Errorf("%s: nothing was heard of it", id)
	case last.State == client.Succeeded && (last.Delivery == client.Delivered || last.Delivery == client.None):
		return nil
	case last.State == client.Succeeded:
		return fmt.Errorf("%s: delivery %s; see %q", id, last.Delivery, w.program.Name+" jobs show "+id)
	default:
		return fmt.Errorf("%s: %s; see %q", id, last.State, w.program.Name+" jobs show "+id)
	}
}

// all follows new jobs until it is interrupted.
func (w *watch) all(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	if err := w.begin(ctx); err != nil && ctx.Err() == nil {
		return w.explain(err)
	}
	_, _ = fmt.Fprintf(w.program.Stderr, "watching %s; end with Ctrl-C\n", w.url)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			if err := w.lost(ctx, err); err != nil {
				return err
			}
		}
	}
}

// begin passes over the jobs that there are: only what becomes of those that
// are not finished is told.
func (w *watch) begin(ctx context.Context) error {
	q := w.search()
	q.Limit = 1
	_, err := take(w.Jobs(ctx, q), 1, func(j *client.Job) error {
		w.newest = j.AcceptedAt
		return nil
	})
	if err != nil || w.newest.IsZero() {
		return err
	}
	old, err := w.fresh(ctx)
	for _, j := range old {
		w.note(j)
	}
	return err
}

// search is the query without what changes of a job: that is looked at here.
func (w *watch) search() client.Query {
	q := w.query
	q.States, q.Deliveries, q.Chats = nil, nil, nil
	return q
}

// wanted reports whether a job is now among those that are meant.
func (w *watch) wanted(j *client.Job) bool {
	q := w.query
	return among(q.States, j.State) && among(q.Deliveries, j.Delivery) &&
		(len(q.Chats) == 0 || slices.ContainsFunc(j.Notifications, func(n client.Notification) bool {
			return slices.Contains(q.Chats, n.Chat) || slices.Contains(q.Chats, n.ChatKey)
		}))
}

func among[T comparable](wanted []T, got T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, got)
}

// look tells of what has changed, and of what is new.
func (w *watch) look(ctx context.Context) error {
	fresh, err := w.fresh(ctx)
	if err != nil {
		return err
	}
	for range min(watchOpen, len(w.open)) {
		id := w.open[0]
		j, err := w.Job(ctx, id)
		if err != nil && !gone(err) {
			return err
		}
		w.open = w.open[1:]
		if err == nil {
			err = w.meet(j)
		}
		if err != nil && !gone(err) {
			return err
		}
	}
	for _, j := range slices.Backward(fresh) {
		if err := w.meet(j); err != nil {
			return err
		}
	}
	w.failed = false
	w.forget()
	return nil
}

func gone(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return ok && refused.Code == client.NotFound
}

// fresh gives jobs that are not known yet, the newest first.
func (w *watch) fresh(ctx context.Context) ([]*client.Job, error) {
	q := w.search()
	q.Limit = pageRows
	if since := w.newest.Add(-watchOverlap); !w.newest.IsZero() && since.After(q.Since) {
		q.Since = since
	}
	var fresh []*client.Job
	_, err := take(w.Jobs(ctx, q), 0, func(j *client.Job) error {
		if _, known := w.seen[j.ID]; !known {
			fresh = append(fresh, j)
		}
		return nil
	})
	return fresh, err
}

// meet tells of a job if there is anything new to say of it.
func (w *watch) meet(j *client.Job) error {
	if !w.wanted(j) {
		w.note(j)
		return nil
	}
	err := w.tell(j)
	w.note(j)
	return err
}

// note remembers a job, and asks for it again until it is finished.
func (w *watch) note(j *client.Job) {
	if j.AcceptedAt.After(w.newest) {
		w.newest = j.AcceptedAt
	}
	w.seen[j.ID] = sight{summary(j), j.AcceptedAt}
	if !j.Finished() {
		w.open = append(w.open, j.ID)
	}
}

// tell prints a job where it is not what it was.
func (w *watch) tell(j *client.Job) error {
	if w.seen[j.ID].said == summary(j) {
		return nil
	}
	if w.asJSON {
		return w.program.printJSON(j)
	}
	return w.line(j)
}

// summary changes with whatever a line shows.
func summary(j *client.Job) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s %s %s", j.Run, j.State, j.Delivery, deref(j.Error), progressOf(j.Progress))
	for _, n := range j.Notifications {
		fmt.Fprintf(&b, " %s %d", n.State, len(n.Attempts))
	}
	return b.String()
}

// line is a job on one line, at the time of now.
func (w *watch) line(j *client.Job) error {
	s := w.screen
	state := w.stateCell(j)
	head := fmt.Sprintf("%s  %s  ", moment(s.now()), j.ID)
	if s.terminal() {
		head = fmt.Sprintf("%s  %s  ", s.now().Format(time.TimeOnly), j.ID)
	}
	rest := "  " + strings.Join(strings.Fields(oneLine(j.Plugin+j.Endpoint+" "+eventOf(j)+" "+aside(j)+" "+j.Event.Title)), " ")
	const stateWide = 19 // "succeeded/delivered"
	blank := strings.Repeat(" ", max(0, stateWide-span(state.text)))
	if s.terminal() {
		blank = strings.Repeat(" ", max(0, len("succeeded")-span(state.text)))
		rest = fit(rest, max(1, s.width-span(head)-span(state.text)-len(blank)))
	}
	return w.say("%s%s%s", head, s.paint(state.text, state.tone)+blank, rest)
}

// aside says how far a job is, where it is neither at its beginning nor at its
// end.
func aside(j *client.Job) string {
	if p := progressOf(j.Progress); p != "" && !j.Finished() {
		return "[" + p + "]"
	}
	sent := 0
	for _, n := range j.Notifications {
		if n.State == "sent" || n.State == "suppressed" {
			sent++
		}
	}
	if len(j.Notifications) < 2 && (sent == 1 || !j.Finished()) {
		return ""
	}
	return fmt.Sprintf("[%d of %d sent]", sent, len(j.Notifications))
}

// forget keeps what is remembered bounded: what the next look does not meet is
// not remembered.
func (w *watch) forget() {
	open := map[string]bool{}
	for _, id := range w.open {
		open[id] = true
	}
	before := w.newest.Add(-watchOverlap)
	maps.DeleteFunc(w.seen, func(id string, s sight) bool { return !open[id] && s.at.Before(before) })
}

// lost is a look that failed: what the server will do better later is waited
// for.
func (w *watch) lost(ctx context.Context, err error) error {
	refused, ok := errors.AsType[*client.Error](err)
	if ok && refused.RetryAfter == 0 && refused.Status < 500 {
		return w.explain(err)
	}
	if !w.failed {
		w.program.complain(w.explain(err).Error() + "; still watching")
	}
	w.failed = true
	if !ok {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(refused.RetryAfter):
	}
	return nil
}
