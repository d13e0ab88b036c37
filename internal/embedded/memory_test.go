package embedded_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/embedded"
	"postern/internal/redisconn"
)

func TestMemoryStoreWorks(t *testing.T) {
	t.Parallel()
	store := start(t, embedded.Spec{})
	if store.Durable() || store.Full() {
		t.Errorf("durable %v, full %v; want neither", store.Durable(), store.Full())
	}
	client := open(t, store)
	if err := client.Eval(t.Context(), "return redis.call('SET', KEYS[1], 'v')", []string{"k"}).Err(); err != nil {
		t.Errorf("script: %v", err)
	}
	if facts, err := redisconn.Check(t.Context(), client); err != nil || facts.Durable {
		t.Errorf("Check = %+v, %v; want it to pass as not durable", facts, err)
	}
}

func TestMemoryStoreIsNotOpenToOtherUsers(t *testing.T) {
	t.Parallel()
	url := start(t, embedded.Spec{}).URL()
	address := url.Reveal()[strings.Index(url.Reveal(), "@")+1:]
	stranger := redis.NewClient(&redis.Options{Addr: strings.TrimSuffix(address, "/0")})
	defer func() { _ = stranger.Close() }()
	if err := stranger.Set(t.Context(), "k", "v", 0).Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("set without the password = %v, want NOAUTH", err)
	}
	if shown := fmt.Sprint(url); strings.Contains(shown, "@") {
		t.Errorf("the URL prints as %s, want a mask", shown)
	}
}

func TestMemoryStoreForgetsInTime(t *testing.T) {
	t.Parallel()
	client := open(t, start(t, embedded.Spec{}))
	if err := client.Set(t.Context(), "k", "v", time.Second).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	awaitTrue(t, "the key expired", func() bool { return client.Exists(t.Context(), "k").Val() == 0 })
}

func TestMemoryStoreSaysWhenItIsFull(t *testing.T) {
	t.Parallel()
	tests := map[string]embedded.Spec{
		"too many keys": {MaxKeys: 2},
		"too much heap": {MaxBytes: 1},
	}
	for name, spec := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := start(t, spec)
			client := open(t, store)
			client.MSet(t.Context(), "a", "1", "b", "2")
			awaitTrue(t, "the store was full", store.Full)
			if spec.MaxKeys > 0 {
				client.Del(t.Context(), "a")
				awaitTrue(t, "the store had room again", func() bool { return !store.Full() })
			}
		})
	}
}

func TestMemoryStoreEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	store, err := embedded.Start(ctx, embedded.Spec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	if store.Err() != nil {
		t.Errorf("Err of a running store = %v, want nil", store.Err())
	}
	cancel()
	<-store.Done()
	if err := store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
