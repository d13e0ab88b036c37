package redistest

import (
	"os"
	"path/filepath"
	"testing"
)

// Cluster starts a Redis Cluster of one node that owns every slot: enough to
// find commands that cross slots. Its URL is redis+cluster://.
func Cluster(t testing.TB, args ...string) *Server {
	t.Helper()
	s := Start(t, append([]string{"--cluster-enabled", "yes"}, args...)...)
	if got := s.Command("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); got != "+OK" {
		t.Fatalf("giving the cluster its slots: %s", got)
	}
	s.scheme = "redis+cluster://"
	return s
}

// Sentinel starts a sentinel that knows master under the given name. Its URL
// is redis+sentinel://.
func Sentinel(t testing.TB, master *Server, name string) *Server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatalf("writing the sentinel's file: %v", err)
	}
	s := launch(t, &Server{t: t, binary: binary(t), dir: t.TempDir(), config: config, args: []string{"--sentinel"}})
	if got := s.Command("SENTINEL", "MONITOR", name, "127.0.0.1", master.port, "1"); got != "+OK" {
		t.Fatalf("telling the sentinel of its master: %s", got)
	}
	s.scheme, s.path = "redis+sentinel://", "/"+name
	return s
}
