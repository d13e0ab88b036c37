package cli

import (
	"context"
	"iter"
	"strings"

	"postern/pkg/client"
)

// Bounds on a listing.
const (
	usualRows = 50
	pageRows  = 200 // the most that the server gives at once
)

func jobsGroup() command {
	return command{name: "jobs", args: "...", summary: "what became of events: list, show, watch, retry, replay, cancel, delete, payload", parts: []command{
		{name: "jobs list", summary: "list jobs, the newest first", run: runJobsList},
		{name: "jobs show", args: "ID", summary: "all that is known of a job, and what can be done about it", run: runJobsShow},
		{name: "jobs watch", args: "[ID]", summary: "follow a job until it is finished (exit 0: delivered, or nothing to say; 1: not), or without ID all new ones", run: runJobsWatch},
		{name: "jobs retry", args: "[ID]", summary: "run a failed or canceled job again, undelivered messages only; without ID all that the filters mean", run: runJobsRetry},
		{name: "jobs replay", args: "[ID]", summary: "run the same event again as a new job, everything anew; without ID all that the filters mean", run: runJobsReplay},
		{name: "jobs cancel", args: "ID", summary: "stop what has not been sent", run: runJobsCancel},
		{name: "jobs delete", args: "ID", summary: "forget a finished job", run: runJobsDelete},
		{name: "jobs payload", args: "ID", summary: "print the request's body as it was received; the token needs the scope payload", run: runJobsPayload},
	}}
}

// rows are the flags of a listing's length.
type rows struct {
	limit *int
	all   *bool
}

func (r remote) rows() rows {
	return rows{
		limit: r.Int("limit", usualRows, "list `N` at most"),
		all:   r.Bool("all", false, "list all there are"),
	}
}

// most says how many rows are wanted, 0 for all.
func (l rows) most(set remote) (int, error) {
	switch {
	case *l.limit < 1:
		return 0, set.usage("--limit: want 1 or more")
	case *l.all:
		return 0, nil
	default:
		return *l.limit, nil
	}
}

// page says how many rows the server is asked for at once.
func page(most int) int {
	if most == 0 {
		return pageRows
	}
	return min(most, pageRows)
}

// take reads a listing, so many rows of it at most; 0: all. Each is given to
// see at once where that is set.
func take[T any](listing iter.Seq2[T, error], most int, see func(T) error) (left bool, err error) {
	n := 0
	for row, err := range listing {
		if err != nil {
			return false, err
		}
		if most > 0 && n == most {
			return true, nil
		}
		n++
		if err := see(row); err != nil {
			return false, err
		}
	}
	return false, nil
}

func runJobsList(ctx context.Context, p *Program, args []string) error {
	set := p.remote("jobs list", true)
	filters, length := set.jobFilters(), set.rows()
	if _, err := set.parse(args); err != nil {
		return err
	}
	most, err := length.most(set)
	if err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	q := filters.query()
	q.Limit = page(most)
	t := jobTable()
	left, err := take(d.Jobs(ctx, q), most, func(j *client.Job) error {
		if d.asJSON {
			return p.printJSON(j)
		}
		t.add(d.jobRow(j)...)
		return nil
	})
	if err != nil || d.asJSON {
		return d.explain(err)
	}
	return d.printTable(t, "no jobs", left)
}

// printTable prints a table, or what is said in the place of an empty one.
func (d *distant) printTable(t *table, none string, left bool) error {
	if len(t.rows) == 0 {
		return d.say("%s", none)
	}
	if err := t.print(d.program.Stdout, d.screen); err != nil {
		return err
	}
	if left && d.screen.terminal() {
		return d.say("%s", d.screen.paint("There are more: --limit N, or --all.", faint))
	}
	return nil
}

func jobTable() *table {
	return &table{columns: []column{
		{name: "ID"}, {name: "WHEN"}, {name: "STATE"}, {name: "WEBHOOK", least: 10}, {name: "EVENT", least: 8, spare: true}, {name: "TITLE", least: 10},
	}}
}

func (d *distant) jobRow(j *client.Job) []cell {
	return []cell{
		{j.ID, plain},
		{d.screen.when(j.AcceptedAt), faint},
		d.stateCell(j),
		{j.Plugin + j.Endpoint, plain},
		{eventOf(j), plain},
		{j.Event.Title, plain},
	}
}

// eventOf is a job's event as filters name it.
func eventOf(j *client.Job) string {
	return strings.TrimSuffix(j.Event.Type+"."+j.Event.Action, ".")
}

// stateCell is a job's state and delivery. A terminal has room for the one that
// says more: no word is both.
func (d *distant) stateCell(j *client.Job) cell {
	text := string(j.State) + "/" + string(j.Delivery)
	if d.screen.terminal() {
		text = string(j.State)
		if j.State == client.Succeeded {
			text = string(j.Delivery)
		}
	}
	return cell{text, toneOf(j)}
}

func toneOf(j *client.Job) tone {
	switch {
	case j.Failed() && j.Delivery != client.Partial:
		return bad
	case j.Delivery == client.Delivered:
		return good
	case j.Delivery == client.Partial, j.State == client.Retrying, j.State == client.Canceled:
		return wary
	default:
		return plain
	}
}
