package cli

import (
	"errors"
	"time"

	"postern/internal/config"
	"postern/pkg/client"
)

// stateWords and deliveryWords are what those filters may be.
func stateWords() []client.State {
	return []client.State{client.Queued, client.Running, client.Retrying, client.Succeeded, client.Dead, client.Canceled}
}

func deliveryWords() []client.Delivery {
	return []client.Delivery{client.Pending, client.None, client.Delivered, client.Partial, client.Failed}
}

// jobFilters are the flags that say which jobs are meant.
type jobFilters struct {
	states, deliveries                        *[]string
	plugins, endpoints, events, chats, idents *[]string
	since, until                              *time.Time
}

func (f *flags) jobFilters() jobFilters {
	const again = "; may be repeated, any will do"
	f.words["state"], f.words["delivery"] = texts(stateWords()), texts(deliveryWords())
	return jobFilters{
		states:     f.list("state", "jobs whose work is in `STATE`"+again),
		deliveries: f.list("delivery", "jobs whose messages are in `STATE`"+again),
		plugins:    f.list("plugin", "jobs of `PLUGIN`"+again),
		endpoints:  f.list("endpoint", "jobs of `ENDPOINT`, as /github"+again),
		events:     f.list("event", "jobs of `EVENT`, a type or type.action"+again),
		chats:      f.list("chat", "jobs that tell `CHAT`, an alias or a chat key"+again),
		idents:     f.list("delivery-id", "jobs with the sender's own `ID`"+again),
		since:      f.moment("since", "jobs accepted at `TIME` or later: RFC 3339, or so long ago, as 2h"),
		until:      f.moment("until", "jobs accepted before `TIME`"),
	}
}

func texts[T ~string](words []T) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return all
}

func words[T ~string](words []string) []T {
	all := make([]T, len(words))
	for i, w := range words {
		all[i] = T(w)
	}
	return all
}

// query is what the filters mean.
func (f jobFilters) query() client.Query {
	return client.Query{
		States: words[client.State](*f.states), Deliveries: words[client.Delivery](*f.deliveries),
		Plugins: *f.plugins, Endpoints: *f.endpoints, Events: *f.events, Chats: *f.chats, DeliveryIDs: *f.idents,
		Since: *f.since, Until: *f.until,
	}
}

// any reports whether one at least is set.
func (f jobFilters) any() bool {
	n := 0
	for _, list := range []*[]string{f.states, f.deliveries, f.plugins, f.endpoints, f.events, f.chats, f.idents} {
		n += len(*list)
	}
	return n > 0 || !f.since.IsZero() || !f.until.IsZero()
}

// moment makes a flag that is a time, or a duration back from now.
func (f *flags) moment(name, usage string) *time.Time {
	into := new(time.Time)
	f.Func(name, usage, func(s string) error {
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			*into = at
			return nil
		}
		back, err := config.ParseDuration(s)
		if err != nil {
			return errMoment
		}
		*into = time.Now().Add(-back)
		return nil
	})
	return into
}

var errMoment = errors.New("want a time of RFC 3339, or a duration such as 2h or 7d")
