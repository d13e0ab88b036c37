package redistest

import (
	"os"
	"path/filepath"
	"testing"
)

// Cluster starts a Redis Cluster of one node that owns every slot: enough to
// find commands that cross slots. Its URL is redis+cluster://.
func Cluster(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := Start(tb, append([]string{"--cluster-enabled", "yes"}, args...)...)
	if got := s.Command("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); got != "+OK" {
		tb.Fatalf("giving the cluster its slots: %s", got)
	}
	s.scheme = "redis+cluster://"
	return s
}

// Sentinel starts a sentinel that knows master under the given name. Its URL
// is redis+sentinel://.
func Sentinel(tb testing.TB, master *Server, name string) *Server {
	tb.Helper()
	config := filepath.Join(tb.TempDir(), "sentinel.conf")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		tb.Fatalf("writing the sentinel's file: %v", err)
	}
	s := launch(tb, &Server{tb: tb, binary: binary(tb), dir: tb.TempDir(), config: config, args: []string{"--sentinel"}})
	if got := s.Command("SENTINEL", "MONITOR", name, "127.0.0.1", master.port, "1"); got != "+OK" {
		tb.Fatalf("telling the sentinel of its master: %s", got)
	}
	s.scheme, s.path = "redis+sentinel://", "/"+name
	return s
}
