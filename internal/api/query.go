package api

import (
	"errors"
	"fmt"

	"postern/internal/job"
	"postern/pkg/chat"
)

// states and deliveries are what those filters may be.
func states() []job.State {
	return []job.State{job.Queued, job.Running, job.Retrying, job.Succeeded, job.Dead, job.Canceled}
}

func deliveries() []job.Delivery {
	return []job.Delivery{job.Pending, job.None, job.Delivered, job.Partial, job.Failed}
}

// jobFilters read the filters of jobs into a query.
func (a *API) jobFilters(q *job.Query) filters {
	return filters{
		"state": each(&q.States, oneOf(states()...)), "delivery": each(&q.Deliveries, oneOf(deliveries()...)),
		"plugin": each(&q.Plugins, someText), "endpoint": each(&q.Endpoints, someText), "event": each(&q.Events, someText),
		"chat": each(&q.Chats, a.chatKey), "delivery_id": each(&q.DeliveryIDs, someText),
		"since": once(&q.Since, moment), "until": once(&q.Until, moment), "cursor": once(&q.Cursor, anyText),
	}
}

// jobQuery reads the filters of GET /api/jobs.
func (a *API) jobQuery(raw string) (job.Query, error) {
	q := job.Query{Limit: usualLimit}
	f := a.jobFilters(&q)
	f["limit"] = once(&q.Limit, upTo(mostLimit))
	return q, f.read(raw)
}

// bulkQuery reads the filters of a change of many jobs. One at least must
// choose: all jobs are meant by nobody who does not say so.
func (a *API) bulkQuery(raw string) (job.Query, error) {
	q := job.Query{Limit: job.MaxLimit, OldestFirst: true}
	f := a.jobFilters(&q)
	f["limit"] = once(&q.Limit, upTo(job.MaxLimit))
	if err := f.read(raw); err != nil {
		return q, err
	}
	chosen := len(q.States) + len(q.Deliveries) + len(q.Plugins) + len(q.Endpoints) + len(q.Events) + len(q.Chats) + len(q.DeliveryIDs)
	if chosen == 0 && q.Since.IsZero() && q.Until.IsZero() {
		return q, errors.New("it has no filter; name what is meant, with state=dead for example")
	}
	return q, nil
}

// chatKey resolves an alias or a chat key. A key may be of a chat that is not
// configured any more: jobs still tell of it.
func (a *API) chatKey(name string) (string, error) {
	key, err := a.opt.Chats.Key(name)
	if err == nil {
		return key, nil
	}
	if k, err := chat.ParseKey(name); err == nil {
		return k.String(), nil
	}
	return "", fmt.Errorf("%.40q is neither an alias of the config nor a chat key such as telegram-group_1", name)
}
