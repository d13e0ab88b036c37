package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const maxShards = 256 // a job id has eight bits for its shard

// checkGlobals checks what types alone do not say. A value that did not decode
// still holds its default here, so it is not told twice.
func (b *builder) checkGlobals(root Node) {
	c := b.cfg
	b.checkListen(c.At("http", "listen"), c.HTTP.Listen)
	b.checkListen(c.At("worker", "listen"), c.Worker.Listen)
	if c.At("http", "base_url").IsZero() {
		if _, port, err := net.SplitHostPort(c.HTTP.Listen); err == nil {
			c.HTTP.BaseURL = "http://localhost:" + port
		}
	}
	b.checkBaseURL(c.At("http", "base_url"))
	b.checkRedisURL(c.At("redis", "url"))
	b.need(c.Redis.Shards >= 1 && c.Redis.Shards <= maxShards, c.At("redis", "shards"), fmt.Sprintf("want 1 to %d", maxShards))
	b.need(c.Redis.Spool != "", c.At("redis", "spool"), "is empty; want a folder")
	b.checkRetry(root.Field("retry"), c.Retry)
	b.checkIPRanges(root.Field("ip_ranges"))
}

func (b *builder) need(ok bool, n Node, what string) {
	if !ok {
		b.fault(n, "%s", what)
	}
}

func (b *builder) checkRetry(n Node, r Retry) {
	b.need(r.Factor >= 1, n.Field("factor"), "want at least 1")
	b.need(r.Max >= r.First, n.Field("max"), "want at least as long as first")
	b.need(r.Attempts >= 0, n.Field("attempts"), "want 0 (as many as fit) or more")
}

func (b *builder) checkListen(n Node, address string) {
	host, port, err := net.SplitHostPort(address)
	_, numberErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numberErr != nil || strings.ContainsAny(host, "/ \t") {
		b.fault(n, "want host:port such as 127.0.0.1:8080%s", n.got(n.expanded()))
	}
}

// checkBaseURL also drops a slash at the end: paths are appended to it.
func (b *builder) checkBaseURL(n Node) {
	raw := b.cfg.HTTP.BaseURL
	u, err := url.Parse(raw)
	ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && !strings.ContainsAny(raw, "?#")
	// the URL is not shown: one that is refused may hold a password
	b.need(ok, n, "want an absolute http or https URL without user, query and fragment")
	b.cfg.HTTP.BaseURL = strings.TrimRight(raw, "/")
}

// checkRedisURL looks at the scheme only; the rest is redisconn's to read.
func (b *builder) checkRedisURL(n Node) {
	schemes := []string{"redis", "rediss", "valkey", "valkeys", "unix", "embedded"}
	scheme, _, found := strings.Cut(b.cfg.Redis.URL.Reveal(), ":")
	plain := strings.TrimSuffix(strings.TrimSuffix(scheme, "+sentinel"), "+cluster")
	b.need(found && slices.Contains(schemes, plain), n,
		"want redis://, rediss://, unix://, redis+sentinel://, redis+cluster:// or embedded:")
}
