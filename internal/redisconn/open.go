// Package redisconn opens Redis, and is the only place that knows how: URL
// forms, time limits, hooks, what may be asked of a server at start, and
// which errors mean that it is away. It knows no key and no script.
package redisconn

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"runtime"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is go-redis's client of any deployment, for those who only pass it on.
type Client = redis.UniversalClient

const (
	usualTimeout = 2 * time.Second // a request waits on Redis: better a 503 than a hanging sender
	usualRetries = 3
	usualPool    = 32 // lanes and shards poll side by side, also on a small machine
)

// Open gives a client for the URL (see Parse). It does not dial: a Redis that
// is away is met by the first command, so that a program can start without
// it. Deadlines of a command's context are kept, and acknowledgements of the
// engine are repaired by DetachedAcks. The caller closes the client.
func Open(ctx context.Context, url string) (redis.UniversalClient, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("opening redis: %w", err)
	}
	address, err := Parse(url)
	if err != nil {
		return nil, err
	}
	client := redis.NewUniversalClient(address.options())
	client.AddHook(DetachedAcks())
	return client, nil
}

// options puts the address in go-redis's words.
func (a Address) options() *redis.UniversalOptions {
	t := a.tuning
	o := &redis.UniversalOptions{
		Addrs:                 a.hosts,
		IsClusterMode:         a.kind == cluster,
		MasterName:            a.master,
		DB:                    a.database,
		Username:              a.user,
		Password:              a.password.Reveal(),
		SentinelUsername:      t.sentinelUser,
		SentinelPassword:      t.sentinelPassword.Reveal(),
		ClientName:            t.clientName,
		ContextTimeoutEnabled: true,
		MaxRetries:            cmp.Or(t.maxRetries, usualRetries),
		DialTimeout:           cmp.Or(t.dialTimeout, usualTimeout),
		DialerRetries:         1, // MaxRetries already tries again; both together keep a sender waiting
		ReadTimeout:           cmp.Or(t.readTimeout, usualTimeout),
		WriteTimeout:          cmp.Or(t.writeTimeout, usualTimeout),
		PoolTimeout:           cmp.Or(t.poolTimeout, usualTimeout),
		PoolSize:              cmp.Or(t.poolSize, max(usualPool, 10*runtime.GOMAXPROCS(0))),
		// One vendor's maintenance notices: other servers answer them with an error.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if a.tls {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // each server is checked against the name it was dialed by
	}
	return o
}
