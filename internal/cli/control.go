package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/pkg/client"
)

func webhooksGroup() command {
	return command{name: "webhooks", args: "...", summary: "the endpoints, and the last event of each: list, disable, enable", parts: []command{
		{name: "webhooks list", summary: "list every endpoint", run: runWebhooks},
		{name: "webhooks disable", args: "WEBHOOK", summary: "answer 404 at PLUGIN/ENDPOINT, at once and on all receivers; it survives a restart", run: runWebhooksDisable},
		{name: "webhooks enable", args: "WEBHOOK", summary: "take that back", run: runWebhooksEnable},
	}}
}

func chatsGroup() command {
	return command{name: "chats", args: "...", summary: "the chats, and what waits for each: list, pause, resume", parts: []command{
		{name: "chats list", summary: "list chats: what waits, and what is paused or broken and why", run: runChats},
		{name: "chats pause", args: "CHAT", summary: "let its messages wait", run: runChatsPause},
		{name: "chats resume", args: "CHAT", summary: "let them go; mends one that is broken", run: runChatsResume},
	}}
}

func queuesGroup() command {
	return command{name: "queues", args: "...", summary: "the queues: depth, latency, rate: list, pause, resume", parts: []command{
		{name: "queues list", summary: "list queues", run: runQueues},
		{name: "queues pause", args: "QUEUE", summary: "begin none of its tasks", run: runQueuesPause},
		{name: "queues resume", args: "QUEUE", summary: "take that back", run: runQueuesResume},
	}}
}

// listing is a listing that is one answer.
type listing[T any] struct {
	command string
	none    string // what is said where there are none
	ask     func(*client.Client, context.Context) ([]T, error)
	columns []column
	row     func(*distant, T) []cell
}

func (l listing[T]) run(ctx context.Context, p *Program, args []string) error {
	set := p.remote(l.command, true)
	if _, err := set.parse(args); err != nil {
		return err
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	all, err := l.ask(d.Client, ctx)
	if err != nil {
		return d.explain(err)
	}
	t := &table{columns: l.columns}
	for _, each := range all {
		if d.asJSON {
			if err := p.printJSON(each); err != nil {
				return err
			}
			continue
		}
		t.add(l.row(d, each)...)
	}
	if d.asJSON {
		return nil
	}
	return d.printTable(t, l.none, false)
}

// toggle is a change that leaves something in another state, which is then
// looked up and shown.
type toggle[T any] struct {
	command, arg string
	do           func(*client.Client, context.Context, string) error
	ask          func(*client.Client, context.Context) ([]T, error)
	is           func(T, string) bool
	say          func(T) string
}

func (g toggle[T]) run(ctx context.Context, p *Program, args []string) error {
	set := p.remote(g.command, false)
	words, err := set.parse(args, g.arg)
	if err != nil {
		return err
	}
	if g.arg == "WEBHOOK" && !strings.Contains(words[0], "/") {
		return set.usage("%q is not PLUGIN/ENDPOINT, such as acme.repos/github", words[0])
	}
	d, err := set.open()
	if err != nil {
		return err
	}
	if err := g.do(d.Client, ctx, words[0]); err != nil {
		return d.explain(err)
	}
	all, err := g.ask(d.Client, ctx)
	if err != nil {
		return fmt.Errorf("it is done, but how it stands now is not known: %w", d.explain(err))
	}
	i := slices.IndexFunc(all, func(each T) bool { return g.is(each, words[0]) })
	switch {
	case i < 0:
		return d.say("%s: done", words[0]) // there is nothing to say of it any more
	case d.asJSON:
		return p.printJSON(all[i])
	default:
		return d.say("%s", oneLine(g.say(all[i])))
	}
}

func runWebhooks(ctx context.Context, p *Program, args []string) error {
	return listing[client.Webhook]{
		command: "webhooks list", none: "no webhooks", ask: (*client.Client).Webhooks,
		columns: []column{
			{name: "WEBHOOK"},
			{name: "NAME", least: 8},
			{name: "SOURCE"},
			{name: "STATE"},
			{name: "LAST EVENT", least: 10},
			{name: "ACCEPTED", right: true},
			{name: "REFUSED", right: true},
			{name: "VERIFICATION", least: 12, spare: true},
			{name: "URL", least: 8, spare: true},
		},
		row: webhookRow,
	}.run(ctx, p, args)
}

func webhookRow(d *distant, w client.Webhook) []cell {
	last := ""
	if w.LastEvent != nil {
		last = d.screen.when(w.LastEvent.At) + " " + w.LastEvent.Type
	}
	refused := cell{text: strconv.FormatInt(w.Refused, 10)}
	if w.Refused > 0 {
		refused.tone = wary
	}
	return []cell{
		{w.Plugin + w.Endpoint, plain},
		{w.Name, plain},
		{w.Source, plain},
		webhookState(w),
		{last, faint},
		{strconv.FormatInt(w.Accepted, 10), plain},
		refused,
		{strings.Join(w.Verification, ", "), plain},
		{w.URL, faint},
	}
}

func webhookState(w client.Webhook) cell {
	switch {
	case !w.Disabled:
		return cell{"enabled", good}
	case w.Switched != nil:
		return cell{"disabled by " + w.Switched.By, wary}
	default:
		return cell{"disabled by " + w.DisabledBy, wary}
	}
}

func (p *Program) switchWebhook(ctx context.Context, args []string, word string, do func(*client.Client, context.Context, string, string) error) error {
	return toggle[client.Webhook]{
		command: "webhooks " + word, arg: "WEBHOOK", ask: (*client.Client).Webhooks,
		do: func(c *client.Client, ctx context.Context, name string) error {
			plugin, path, _ := strings.Cut(name, "/")
			return do(c, ctx, plugin, "/"+path)
		},
		is:  func(w client.Webhook, name string) bool { return w.Plugin+w.Endpoint == name },
		say: func(w client.Webhook) string { return w.Plugin + w.Endpoint + ": " + webhookState(w).text },
	}.run(ctx, p, args)
}

func runWebhooksDisable(ctx context.Context, p *Program, args []string) error {
	return p.switchWebhook(ctx, args, "disable", (*client.Client).DisableWebhook)
}

func runWebhooksEnable(ctx context.Context, p *Program, args []string) error {
	return p.switchWebhook(ctx, args, "enable", (*client.Client).EnableWebhook)
}

func runChats(ctx context.Context, p *Program, args []string) error {
	return listing[client.Chat]{
		command: "chats list", none: "no chats", ask: (*client.Client).Chats,
		columns: []column{
			{name: "CHAT"}, {name: "KEY", least: 12, spare: true}, {name: "TYPE"}, {name: "WAITING", right: true}, {name: "OLDEST"}, {name: "STATE", least: 20},
		},
		row: func(d *distant, c client.Chat) []cell {
			oldest := ""
			if c.OldestAt != nil {
				oldest = d.screen.when(*c.OldestAt)
			}
			return []cell{{c.Chat, plain}, {c.ChatKey, plain}, {c.Type, plain}, {strconv.Itoa(c.Waiting), plain}, {oldest, faint}, chatState(d.screen, c)}
		},
	}.run(ctx, p, args)
}

// chatState says whether a chat may be spoken to, and why not.
func chatState(s *screen, c client.Chat) cell {
	switch {
	case c.Broken != nil:
		state := fmt.Sprintf("broken since %s (%s): %s", s.when(c.Broken.Since), c.Broken.Scope, c.Broken.Why)
		if c.Paused {
			state = "paused, " + state
		}
		return cell{state, bad}
	case c.Paused:
		return cell{"paused", wary}
	case c.HeldUntil != nil:
		return cell{fmt.Sprintf("held, next %s, %d failures", s.when(*c.HeldUntil), c.Failures), wary}
	case !c.Known:
		return cell{"not in the config", faint}
	default:
		return cell{"open", good}
	}
}

func (p *Program) switchChat(ctx context.Context, args []string, word string, do func(*client.Client, context.Context, string) error) error {
	return toggle[client.Chat]{
		command: "chats " + word, arg: "CHAT", ask: (*client.Client).Chats, do: do,
		is: func(c client.Chat, name string) bool { return c.Chat == name || c.ChatKey == name },
		say: func(c client.Chat) string {
			return fmt.Sprintf("%s: %s, %d waiting", bracketed(c.Chat, c.ChatKey), chatState(p.look(), c).text, c.Waiting)
		},
	}.run(ctx, p, args)
}

func runChatsPause(ctx context.Context, p *Program, args []string) error {
	return p.switchChat(ctx, args, "pause", (*client.Client).PauseChat)
}

func runChatsResume(ctx context.Context, p *Program, args []string) error {
	return p.switchChat(ctx, args, "resume", (*client.Client).ResumeChat)
}

func runQueues(ctx context.Context, p *Program, args []string) error {
	return listing[client.Queue]{
		command: "queues list", none: "no queues", ask: (*client.Client).Queues,
		columns: []column{
			{name: "QUEUE"},
			{name: "KIND"},
			{name: "DEPTH", right: true},
			{name: "ACTIVE", right: true},
			{name: "SCHEDULED", right: true},
			{name: "LATENCY", right: true},
			{name: "PER MINUTE", right: true},
			{name: "PROCESSED", right: true},
			{name: "STATE"},
		},
		row: func(_ *distant, q client.Queue) []cell {
			latency := time.Duration(q.LatencyMS) * time.Millisecond
			return []cell{
				{q.Queue, plain},
				{q.Kind, plain},
				number(q.Depth), number(q.Active), number(q.Scheduled),
				{latency.String(), plain},
				number(q.Rate), number(q.Processed), queueState(q),
			}
		},
	}.run(ctx, p, args)
}

func number(n int64) cell { return cell{text: strconv.FormatInt(n, 10)} }

func queueState(q client.Queue) cell {
	if q.Paused {
		return cell{"paused", wary}
	}
	return cell{"open", good}
}

func (p *Program) switchQueue(ctx context.Context, args []string, word string, do func(*client.Client, context.Context, string) error) error {
	return toggle[client.Queue]{
		command: "queues " + word, arg: "QUEUE", ask: (*client.Client).Queues, do: do,
		is: func(q client.Queue, name string) bool { return q.Queue == name },
		say: func(q client.Queue) string {
			return fmt.Sprintf("%s: %s, %d waiting", q.Queue, queueState(q).text, q.Depth)
		},
	}.run(ctx, p, args)
}

func runQueuesPause(ctx context.Context, p *Program, args []string) error {
	return p.switchQueue(ctx, args, "pause", (*client.Client).PauseQueue)
}

func runQueuesResume(ctx context.Context, p *Program, args []string) error {
	return p.switchQueue(ctx, args, "resume", (*client.Client).ResumeQueue)
}

func runWorkers(ctx context.Context, p *Program, args []string) error {
	return listing[client.Worker]{
		command: "workers", none: "no worker is at work", ask: (*client.Client).Workers,
		columns: []column{
			{name: "WORKER"},
			{name: "VERSION", least: 8},
			{name: "STARTED"},
			{name: "SEEN"},
			{name: "JOBS", right: true},
			{name: "TURNS", right: true},
			{name: "OF", right: true},
			{name: "PER MINUTE", right: true},
			{name: "LANES", least: 10, spare: true},
		},
		row: func(d *distant, w client.Worker) []cell {
			rate := int64(0)
			for _, n := range w.Rates {
				rate += n
			}
			return []cell{
				{w.Name, plain},
				{w.Version, plain},
				{d.screen.when(w.StartedAt), faint},
				{d.screen.when(w.LastSeen), faint},
				number(w.Jobs), number(w.Turns), number(int64(w.Concurrency)), number(rate),
				{strings.Join(w.Lanes, " "), plain},
			}
		},
	}.run(ctx, p, args)
}
