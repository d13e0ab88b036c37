package redisconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/redis/go-redis/v9"

	"postern/internal/redisconn"
	"postern/internal/redistest"
)

// answer is an error as Redis sends it.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want bool
	}{
		"no error":                  {nil, false},
		"a missing key":             {redis.Nil, false},
		"a caller that left":        {context.Canceled, false},
		"a deadline":                {context.DeadlineExceeded, true},
		"a cut connection":          {fmt.Errorf("adding: %w", io.EOF), true},
		"a full pool":               {redis.ErrPoolTimeout, true},
		"a full queue":              {redis.ErrAutoPipelineQueueFull, true},
		"a closed client":           {redis.ErrClosed, true},
		"loading":                   {answer("LOADING Redis is loading the dataset in memory"), true},
		"a replica":                 {answer("READONLY You can't write against a read only replica."), true},
		"a replica without master":  {answer("MASTERDOWN Link with MASTER is down"), true},
		"out of memory":             {fmt.Errorf("adding: %w", answer("OOM command not allowed when used memory > 'maxmemory'.")), true},
		"out of memory in a script": {answer("ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed"), true},
		"a disk that is full":       {answer("MISCONF Errors writing to the AOF file: No space left on device"), true},
		"a long script":             {answer("BUSY Redis is busy running a script."), true},
		"too many clients":          {answer("ERR max number of clients reached"), true},
		"a changed password":        {answer("WRONGPASS invalid username-password pair or user is disabled."), true},
		"an existing group":         {answer("BUSYGROUP Consumer Group name already exists"), false},
		"a script not loaded":       {answer("NOSCRIPT No matching script. Please use EVAL."), false},
		"a wrong type":              {answer("WRONGTYPE Operation against a key holding the wrong kind of value"), false},
		"a mistake of ours":         {errors.New("no such shard"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := redisconn.Unavailable(test.err); got != test.want {
				t.Errorf("Unavailable(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

func TestUnavailableByARealServer(t *testing.T) {
	t.Parallel()
	script := "return redis.call('SET', KEYS[1], 'v')"
	replica := redistest.Start(t, "--replicaof", "127.0.0.1", "1")
	full := redistest.Start(t, "--maxmemory", "1")
	gone := redistest.Start(t)
	lossy := redistest.StartProxy(t, redistest.Start(t).Addr())
	lossy.DropReplies(100, redistest.Command("eval"))
	tests := map[string]string{
		"a replica":    replica.URL(),
		"a full one":   full.URL(),
		"a lost reply": lossy.URL(),
		"one gone":     gone.URL(),
		"no sentinel":  "redis+sentinel://127.0.0.1:1/main",
		"no cluster":   "redis+cluster://127.0.0.1:1",
		"no socket":    "unix:///no/such/socket",
	}
	gone.Kill()
	for name, url := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := open(t, url).Eval(t.Context(), script, []string{"k"}).Err()
			if !redisconn.Unavailable(err) {
				t.Errorf("Unavailable(%v) = false, want true", err)
			}
		})
	}
}
