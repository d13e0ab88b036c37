package redisconn_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"postern/internal/redisconn"
	"postern/internal/redistest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args    []string
		durable bool
		warning string // of the only warning; empty: none
	}{
		"as it should be":             {[]string{"--appendonly", "yes"}, true, ""},
		"no append-only file":         {nil, false, "set appendonly yes"},
		"evicts, but has no limit":    {[]string{"--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"}, true, "noeviction"},
		"a limit, but does not evict": {[]string{"--appendonly", "yes", "--maxmemory", "100mb"}, true, ""},
		"CONFIG is forbidden":         {[]string{"--appendonly", "yes", "--rename-command", "CONFIG", ""}, true, ""},
		"INFO is forbidden":           {[]string{"--rename-command", "INFO", "", "--appendonly", "yes"}, true, "version"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts, err := redisconn.Check(t.Context(), open(t, redistest.Start(t, test.args...).URL()))
			if err != nil {
				t.Fatalf("Check: %v", err)
			}
			if facts.Durable != test.durable {
				t.Errorf("durable = %v, want %v", facts.Durable, test.durable)
			}
			if test.warning == "" && len(facts.Warnings) > 0 {
				t.Errorf("warnings = %q, want none", facts.Warnings)
			}
			if test.warning != "" && (len(facts.Warnings) != 1 || !strings.Contains(facts.Warnings[0], test.warning)) {
				t.Errorf("warnings = %q, want one with %q", facts.Warnings, test.warning)
			}
		})
	}
}

func TestCheckRefusesEviction(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"allkeys-lru", "volatile-ttl"} {
		server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", policy)
		_, err := redisconn.Check(t.Context(), open(t, server.URL()))
		if !errors.Is(err, redisconn.ErrUnfit) || !strings.Contains(err.Error(), "CONFIG SET maxmemory-policy noeviction") {
			t.Errorf("Check with %s = %v, want ErrUnfit and the remedy", policy, err)
		}
		if redisconn.Unavailable(err) {
			t.Errorf("%v is called Unavailable: it does not pass by waiting", err)
		}
	}
}

func TestCheckOfTheVersion(t *testing.T) {
	t.Parallel()
	for version, fit := range map[string]bool{"5.0.14": false, "6.0.16": false, "6.2.0": true, "7.0.15": true, "10.1": true} {
		client := open(t, redistest.Start(t).URL())
		client.AddHook(claims("redis_version:" + version + "\r\nmaxmemory_policy:noeviction\r\nmaxmemory:0\r\naof_enabled:1\r\n"))
		facts, err := redisconn.Check(t.Context(), client)
		if fit && (err != nil || facts.Version != version) {
			t.Errorf("Check of %s = %+v, %v; want it fit", version, facts, err)
		}
		if !fit && !errors.Is(err, redisconn.ErrUnfit) {
			t.Errorf("Check of %s = %v, want ErrUnfit", version, err)
		}
	}
}

func TestCheckOfAManagedRedisThatTellsLittle(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t, "--rename-command", "CONFIG", "").URL())
	client.AddHook(claims("redis_version:7.1.0\r\n"))
	facts, err := redisconn.Check(t.Context(), client)
	if err != nil || facts.Durable || len(facts.Warnings) != 2 {
		t.Errorf("Check = %+v, %v; want it not durable, with two warnings of what could not be checked", facts, err)
	}
}

func TestCheckOfTheMemoryStore(t *testing.T) {
	t.Parallel()
	facts, err := redisconn.Check(t.Context(), open(t, redistest.Memory(t)))
	if err != nil || facts.Durable || len(facts.Warnings) == 0 {
		t.Errorf("Check = %+v, %v; want it to pass as not durable, with warnings", facts, err)
	}
}

func TestCheckOfEachMaster(t *testing.T) {
	t.Parallel()
	node := redistest.Cluster(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	if _, err := redisconn.Check(t.Context(), open(t, node.URL())); !errors.Is(err, redisconn.ErrUnfit) {
		t.Errorf("Check = %v, want ErrUnfit", err)
	}
}

func TestCheckOfAnAbsentRedis(t *testing.T) {
	t.Parallel()
	_, err := redisconn.Check(t.Context(), open(t, "redis://127.0.0.1:1"))
	if !redisconn.Unavailable(err) || errors.Is(err, redisconn.ErrUnfit) {
		t.Errorf("Check = %v, want an error that is Unavailable", err)
	}
}

// claims is a hook that answers INFO in the server's place.
type claims string

func (claims) DialHook(next redis.DialHook) redis.DialHook { return next }

func (claims) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (c claims) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if info, ok := cmd.(*redis.StringCmd); ok && slices.Equal(cmd.Args(), []any{"info"}) {
			info.SetVal(string(c))
			return nil
		}
		return next(ctx, cmd)
	}
}
