package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postern/pkg/client"
)

func runJobsShow(ctx context.Context, p *Program, args []string) error {
	set := p.remote("jobs show", true)
	words, err := set.parse(args, "ID")
	if err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	j, err := d.Job(ctx, words[0])
	switch {
	case err != nil:
		return d.explain(err)
	case d.asJSON:
		return p.printJSON(j)
	default:
		return d.printJob(j)
	}
}

// say prints a line.
func (d *distant) say(format string, args ...any) error {
	_, err := fmt.Fprintf(d.program.Stdout, format+"\n", args...)
	return err
}

func (d *distant) printJob(j *client.Job) error {
	var b strings.Builder
	d.head(&b, j)
	d.attempts(&b, "\nattempts\n", "  ", j.Attempts)
	if len(j.Notifications) > 0 {
		b.WriteString("\nmessages\n")
	}
	for _, n := range j.Notifications {
		d.notification(&b, n)
	}
	if len(j.Warnings) > 0 {
		b.WriteString("\nwarnings\n")
	}
	for _, w := range j.Warnings {
		text := oneLine(strings.TrimSuffix(w.Code+": "+w.Message, ": "))
		if w.Chat != "" {
			text += " (" + oneLine(w.Chat) + ")"
		}
		b.WriteString("  " + d.screen.paint(text, wary) + "\n")
	}
	d.next(&b, j)
	_, err := fmt.Fprint(d.program.Stdout, b.String())
	return err
}

// head is what a job is, and where it stands.
func (d *distant) head(b *strings.Builder, j *client.Job) {
	state := d.screen.paint(string(j.State)+", delivery "+string(j.Delivery), toneOf(j))
	if j.Run > 1 {
		state += fmt.Sprintf(", run %d", j.Run)
	}
	fmt.Fprintf(b, "%-12s %s\n%-12s %s\n", "job", j.ID, "state", state)
	r := j.Request
	pairs(b,
		[2]string{"webhook", bracketed(j.Plugin+j.Endpoint, j.Name)},
		[2]string{"event", j.Event.Source + " " + eventOf(j)},
		[2]string{"title", j.Event.Title},
		[2]string{"delivery id", j.Event.DeliveryID},
		[2]string{"request", strings.Join(strings.Fields(r.Method+" "+r.ContentType), " ") + fmt.Sprintf(", %d bytes, from %s", r.Size, r.RemoteIP)},
		[2]string{"accepted", d.screen.both(j.AcceptedAt)},
		[2]string{"started", d.maybe(j.StartedAt)},
		[2]string{"finished", d.maybe(j.FinishedAt)},
		[2]string{"next attempt", d.maybe(j.NextAttemptAt)},
		[2]string{"task", deref(j.TaskID)},
		[2]string{"replay of", deref(j.ReplayOf)},
		[2]string{"progress", progressOf(j.Progress)},
		[2]string{"result", resultOf(j)},
		[2]string{"error", deref(j.Error)},
	)
	if j.Events > 1 {
		fmt.Fprintf(b, "%-12s %d in one request; this is the first\n", "events", j.Events)
	}
}

func resultOf(j *client.Job) string {
	if text := string(j.Result); text != "null" {
		return text
	}
	return ""
}

func progressOf(p *client.Progress) string {
	if p == nil {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf("%d %%: %s", p.Percent, p.Message), ": ")
}

// bracketed is a name with what else it is called.
func bracketed(name, also string) string {
	if also == "" || also == name {
		return name
	}
	return name + " (" + also + ")"
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (d *distant) maybe(t *time.Time) string {
	if t == nil {
		return ""
	}
	return d.screen.both(*t)
}

// attempts are those of a job; one that went well at once is not worth a line.
func (d *distant) attempts(b *strings.Builder, head, indent string, all []client.Attempt) {
	if len(all) == 0 || len(all) == 1 && all[0].Outcome == "ok" {
		return
	}
	b.WriteString(head)
	for _, a := range all {
		d.attempt(b, indent, a)
	}
}

func (d *distant) attempt(b *strings.Builder, indent string, a client.Attempt) {
	outcome, took := a.Outcome, ""
	if a.FinishedAt == nil {
		outcome = "under way"
	} else {
		took = ", " + a.FinishedAt.Sub(a.StartedAt).Round(time.Millisecond).String()
	}
	fmt.Fprintf(b, "%s%d. %s, %s%s", indent, a.Number, d.screen.paint(outcome, outcomeTone(a.Outcome)), d.screen.when(a.StartedAt), took)
	if a.RetryAfter != "" {
		b.WriteString(", told to wait " + oneLine(a.RetryAfter))
	}
	if a.Worker != "" {
		b.WriteString(", by " + oneLine(a.Worker))
	}
	if a.Error != "" {
		b.WriteString(": " + oneLine(a.Error))
	}
	b.WriteString("\n")
}

func outcomeTone(outcome string) tone {
	switch outcome {
	case "ok":
		return good
	case "refused", "unknown":
		return bad
	case "":
		return plain
	default:
		return wary
	}
}

func (d *distant) notification(b *strings.Builder, n client.Notification) {
	fmt.Fprintf(b, "  %s: %s", oneLine(bracketed(n.Chat, n.ChatKey)), d.screen.paint(n.State, noteTone(n.State)))
	if n.SentAt != nil {
		b.WriteString(" " + d.screen.when(*n.SentAt))
	}
	if n.Receipt != nil && n.Receipt.MessageID != "" {
		b.WriteString(", message " + oneLine(n.Receipt.MessageID))
	}
	if n.NextAttemptAt != nil {
		b.WriteString(", next attempt " + d.screen.when(*n.NextAttemptAt))
	}
	if n.Error != nil {
		b.WriteString(": " + oneLine(*n.Error))
	}
	b.WriteString("\n")
	d.attempts(b, "", "    ", n.Attempts)
}

func noteTone(state string) tone {
	switch state {
	case "sent", "suppressed":
		return good
	case "dead", "unknown":
		return bad
	case "retrying", "canceled":
		return wary
	default:
		return plain
	}
}

// next says what can be done.
func (d *distant) next(b *strings.Builder, j *client.Job) {
	name := d.program.Name + " jobs "
	lines := [][2]string{{name + "cancel " + j.ID, "stop what has not been sent"}, {name + "watch " + j.ID, "follow it"}}
	if j.Finished() {
		lines = [][2]string{{name + "replay " + j.ID, "run the event again as a new job"}}
		if j.Failed() || j.State == client.Canceled {
			lines = append([][2]string{{name + "retry " + j.ID, "run what is not done or delivered again"}}, lines...)
		}
	}
	b.WriteString("\nnext\n")
	for _, l := range lines {
		fmt.Fprintf(b, "  %s  %s\n", l[0], d.screen.paint("# "+l[1], faint))
	}
}
