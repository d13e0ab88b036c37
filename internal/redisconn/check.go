package redisconn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// ErrUnfit says that a Redis answers but must not be used; the error's text
// says why and what to change.
var ErrUnfit = errors.New("unfit redis")

// Facts is what the checks at start found out.
type Facts struct {
	Version  string   // empty where the server does not say
	Durable  bool     // every server keeps an append-only file
	Warnings []string // for the operator, one sentence each
}

// Check asks the server, or each master of a cluster, whether it can hold
// jobs. The error is ErrUnfit where it must not be used, and otherwise
// whatever kept the check from being made (see Unavailable).
func Check(ctx context.Context, client redis.UniversalClient) (Facts, error) {
	nodes, ok := client.(*redis.ClusterClient)
	if !ok {
		return checkServer(ctx, client)
	}
	var (
		mu  sync.Mutex
		all []Facts
	)
	err := nodes.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		facts, err := checkServer(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, facts)
		return err
	})
	if err != nil {
		return Facts{}, fmt.Errorf("checking the cluster: %w", err)
	}
	return together(all), nil
}

// together is the weakest of what several servers said.
func together(all []Facts) Facts {
	if len(all) == 0 {
		return Facts{}
	}
	sum := all[0]
	for _, f := range all[1:] {
		sum.Durable = sum.Durable && f.Durable
		if older(f.Version, sum.Version) {
			sum.Version = f.Version
		}
		sum.Warnings = append(sum.Warnings, f.Warnings...)
	}
	slices.Sort(sum.Warnings)
	sum.Warnings = slices.Compact(sum.Warnings)
	return sum
}

// checkServer checks one server.
func checkServer(ctx context.Context, client redis.UniversalClient) (Facts, error) {
	if err := client.Ping(ctx).Err(); err != nil {
		return Facts{}, fmt.Errorf("asking redis whether it is there: %w", err)
	}
	said, err := report(ctx, client)
	if err != nil {
		return Facts{}, err
	}
	facts := Facts{Version: said["redis_version"], Durable: said["aof_enabled"] == "1"}
	if err := facts.judgeVersion(); err != nil {
		return Facts{}, err
	}
	if err := facts.judgeEviction(said["maxmemory_policy"], said["maxmemory"]); err != nil {
		return Facts{}, err
	}
	switch said["aof_enabled"] {
	case "1":
	case "":
		facts.warn("could not check whether redis keeps an append-only file: accepted events may not outlive it")
	default:
		facts.warn("redis keeps no append-only file, so accepted events may not outlive it: set appendonly yes")
	}
	return facts, nil
}

// judgeVersion refuses a server that lacks commands the queue needs.
func (f *Facts) judgeVersion() error {
	if f.Version == "" {
		f.warn("could not check the version of redis: it must be 6.2 or newer")
		return nil
	}
	if older(f.Version, "6.2") {
		return fmt.Errorf("%w: its version is %s, and the queue needs 6.2 or newer", ErrUnfit, f.Version)
	}
	return nil
}

// judgeEviction refuses a server that may throw jobs away.
func (f *Facts) judgeEviction(policy, limit string) error {
	switch {
	case policy == "":
		f.warn("could not check maxmemory-policy: it must be noeviction")
	case policy == "noeviction":
	case limit == "0":
		f.warn("maxmemory-policy is " + policy + ": set it to noeviction before you set maxmemory")
	default:
		return fmt.Errorf("%w: its maxmemory-policy is %s, so it throws jobs away when memory runs short: set maxmemory-policy noeviction in redis.conf or run CONFIG SET maxmemory-policy noeviction", ErrUnfit, policy)
	}
	return nil
}

func (f *Facts) warn(sentence string) { f.Warnings = append(f.Warnings, sentence) }

// report gathers what the server says of itself. INFO is allowed where a
// managed Redis forbids CONFIG, so CONFIG fills gaps only.
func report(ctx context.Context, client redis.UniversalClient) (map[string]string, error) {
	said := map[string]string{}
	info, err := client.Info(ctx).Result()
	if err != nil && !forbidden(err) {
		return nil, fmt.Errorf("asking redis about itself: %w", err)
	}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			said[name] = value
		}
	}
	for setting, name := range map[string]string{
		"maxmemory": "maxmemory", "maxmemory-policy": "maxmemory_policy", "appendonly": "aof_enabled",
	} {
		if said[name] != "" {
			continue
		}
		values, err := client.ConfigGet(ctx, setting).Result()
		if err != nil && !forbidden(err) {
			return nil, fmt.Errorf("asking redis for its %s: %w", setting, err)
		}
		said[name] = asInfo(values[setting])
	}
	return said, nil
}

// asInfo puts a setting as INFO would.
func asInfo(value string) string {
	switch value {
	case "yes":
		return "1"
	case "no":
		return "0"
	default:
		return value
	}
}

// forbidden reports whether the server answered, but not the question.
func forbidden(err error) bool {
	_, answered := errors.AsType[redis.Error](err)
	return answered && !Unavailable(err)
}

// older compares two versions number by number; what is no number counts 0.
func older(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

// numbers gives major and minor version.
func numbers(version string) []int {
	out := make([]int, 2)
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < len(out) {
			out[i], _ = strconv.Atoi(part)
		}
	}
	return out
}
