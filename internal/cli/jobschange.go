package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"postern/pkg/client"
)

// again is a way to run jobs again.
type again struct {
	word, done string // "retry", "retried"
	one        func(*distant, context.Context, string) (client.Accepted, error)
	all        func(*distant, context.Context, client.Query, func(client.Bulk)) (client.Bulk, error)
}

func runJobsRetry(ctx context.Context, p *Program, args []string) error {
	return p.runAgain(ctx, args, again{
		word: "retry", done: "retried",
		one: func(d *distant, ctx context.Context, id string) (client.Accepted, error) { return d.Retry(ctx, id) },
		all: func(d *distant, ctx context.Context, q client.Query, tell func(client.Bulk)) (client.Bulk, error) {
			return d.RetryAll(ctx, q, tell)
		},
	})
}

func runJobsReplay(ctx context.Context, p *Program, args []string) error {
	return p.runAgain(ctx, args, again{
		word: "replay", done: "replayed",
		one: func(d *distant, ctx context.Context, id string) (client.Accepted, error) { return d.Replay(ctx, id) },
		all: func(d *distant, ctx context.Context, q client.Query, tell func(client.Bulk)) (client.Bulk, error) {
			return d.ReplayAll(ctx, q, tell)
		},
	})
}

// runAgain runs one job again, or all that the filters mean.
func (p *Program) runAgain(ctx context.Context, args []string, how again) error {
	set := p.remote("jobs "+how.word, false)
	filters := set.jobFilters()
	cursor := set.String("cursor", "", "go on where an error cut short many that were "+how.done)
	yes := set.Bool("yes", false, "ask no questions before many are "+how.done)
	ids, err := set.parse(args, "[ID]")
	switch {
	case err != nil:
		return err
	case len(ids) == 0 && !filters.any():
		return set.usage("name an ID, or which are meant with filters such as --state dead")
	case len(ids) == 1 && (filters.any() || *cursor != ""):
		return set.usage("one of ID and filters")
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		q := filters.query()
		q.Cursor = *cursor
		return d.bulk(ctx, set, how, q, *yes)
	}
	said, err := how.one(d, ctx, ids[0])
	switch {
	case err != nil:
		return d.explain(err)
	case d.asJSON:
		return p.printJSON(said)
	default:
		return d.say("%s: %s\nnext: %s jobs watch %s", said.JobID, oneLine(said.Message), p.Name, said.JobID)
	}
}

// bulked is what a change of many jobs says in JSON.
type bulked struct {
	Count   int    `json:"count"`
	Skipped int    `json:"skipped"`
	Next    string `json:"next_cursor,omitempty"` // after an error: where to go on
}

// bulk runs many jobs again, page by page until none is left.
func (d *distant) bulk(ctx context.Context, set remote, how again, q client.Query, yes bool) error {
	if !yes {
		n, err := d.count(ctx, q)
		if err != nil {
			return d.explain(err)
		}
		if sure, err := d.sure(ctx, set, how, n); err != nil || !sure {
			return err
		}
	}
	done, err := how.all(d, ctx, q, d.progress(how))
	d.clear()
	if d.asJSON {
		if said := d.program.printJSON(bulked(done)); said != nil {
			return said
		}
	}
	if err != nil {
		err = fmt.Errorf("%d %s, %d skipped, then: %w", done.Count, how.done, done.Skipped, d.explain(err))
		if done.Next != "" {
			err = fmt.Errorf("%w\nnext: the same command with --cursor %s", err, done.Next)
		}
		return err
	}
	if d.asJSON {
		return nil
	}
	return d.say("%d %s, %d skipped", done.Count, how.done, done.Skipped)
}

// mostCounted bounds how many jobs are counted before a question.
const mostCounted = 1000

// count words how many jobs a query means.
func (d *distant) count(ctx context.Context, q client.Query) (string, error) {
	if q.Cursor != "" {
		return "the jobs that are left", nil
	}
	q.Limit = pageRows
	n := 0
	left, err := take(d.Jobs(ctx, q), mostCounted, func(*client.Job) error { n++; return nil })
	if left {
		return fmt.Sprintf("more than %d jobs", n), err
	}
	return strings.TrimSuffix(fmt.Sprintf("%d jobs", n), plural(n)), err
}

func plural(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

// sure asks. Who cannot be asked must say --yes.
func (d *distant) sure(ctx context.Context, set remote, how again, n string) (bool, error) {
	in := d.program.Stdin
	if f, ok := in.(*os.File); in == nil || ok && columns(f) == 0 {
		return false, set.usage("%s would be %s: say --yes, for nobody can be asked here", n, how.done)
	}
	_, _ = fmt.Fprintf(d.program.Stderr, "%s %s at %s? [y/N] ", strings.ToUpper(how.word[:1])+how.word[1:], n, d.url)
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
		said <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return false, d.explain(ctx.Err())
	case answer := <-said:
		if answer == "y" || answer == "yes" {
			return true, nil
		}
		return false, d.say("nothing is done")
	}
}

// progress tells on a terminal how far it is.
func (d *distant) progress(how again) func(client.Bulk) {
	if !d.screen.terminal() || d.asJSON {
		return nil
	}
	return func(b client.Bulk) {
		_, _ = fmt.Fprintf(d.program.Stderr, "\r%d %s, %d skipped ...", b.Count, how.done, b.Skipped)
	}
}

// clear takes the line of progress away.
func (d *distant) clear() {
	if d.screen.terminal() && !d.asJSON {
		_, _ = fmt.Fprint(d.program.Stderr, "\r\x1b[K")
	}
}

// changed is what is said in JSON of a change that the API has no words for.
type changed struct {
	JobID string `json:"job_id"`
	Done  string `json:"done"`
}

func runJobsCancel(ctx context.Context, p *Program, args []string) error {
	return p.changeJob(ctx, "cancel", args, "canceled", (*client.Client).Cancel)
}

func runJobsDelete(ctx context.Context, p *Program, args []string) error {
	return p.changeJob(ctx, "delete", args, "deleted", (*client.Client).Delete)
}

func (p *Program) changeJob(ctx context.Context, word string, args []string, done string, change func(*client.Client, context.Context, string) error) error {
	set := p.remote("jobs "+word, false)
	ids, err := set.parse(args, "ID")
	if err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	switch err := change(d.Client, ctx, ids[0]); {
	case err != nil:
		return d.explain(err)
	case d.asJSON:
		return p.printJSON(changed{ids[0], done})
	default:
		return d.say("%s: %s", ids[0], done)
	}
}

func runJobsPayload(ctx context.Context, p *Program, args []string) error {
	set := p.remote("jobs payload", false)
	ids, err := set.parse(args, "ID")
	if err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	body, err := d.Payload(ctx, ids[0])
	switch {
	case err != nil:
		return d.explain(err)
	case d.asJSON:
		return p.printJSON(map[string]any{"job_id": ids[0], "body": body}) // base64: it may be anything
	case d.screen.terminal():
		return d.say("%s", printable(string(body))) // it is a stranger's
	}
	_, err = p.Stdout.Write(body)
	return err
}
