package redisconn_test

import (
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"postern/internal/redisconn"
)

// The library's logger is one for the process, so this test has a process of
// its own: the test binary, told to run it alone.
func TestLogToTakesTheLibrarysRemarks(t *testing.T) {
	if os.Getenv("REDISCONN_LOG_TEST") == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestLogToTakesTheLibrarysRemarks$")
		child.Env = append(os.Environ(), "REDISCONN_LOG_TEST=1")
		out, err := child.CombinedOutput()
		if err != nil || strings.Contains(string(out), "pool.go") {
			t.Errorf("child = %v, and it printed:\n%s", err, out)
		}
		return
	}
	logged := make(lines, 100)
	redisconn.LogTo(slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	client := open(t, "redis://127.0.0.1:1?max_retries=1")
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Fatal("ping of nothing succeeded")
	}
	if got := <-logged; !strings.Contains(got, "redis client remarked") {
		t.Errorf("log = %q, want the library's remark", got)
	}
}

// lines takes what is logged, as much as it has room for.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	select {
	case l <- string(b):
	default:
	}
	return len(b), nil
}
