package redisconn

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Unavailable reports whether err says that Redis cannot take or give
// anything now: it is not reached, does not answer in time, or is loading,
// read-only, full or failing over. What was asked may or may not have been
// done. A missing key, a wrong command and a caller that left are not it.
func Unavailable(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) {
		return false
	}
	if answer, ok := errors.AsType[redis.Error](err); ok {
		return refuses(answer.Error())
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	for _, known := range []error{
		context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted,
		redis.ErrAutoPipelineQueueFull, redis.ErrAutoPipelineTimeout,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network || nobodyThere(err.Error())
}

// refuses reports whether an answer of Redis turns everybody away, not only
// this command.
func refuses(answer string) bool {
	if strings.Contains(answer, "max number of clients reached") {
		return true
	}
	for _, word := range []string{
		"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS",
		"OOM", "MISCONF", "BUSY", "NOAUTH", "WRONGPASS",
	} {
		// Older servers put a script's own error behind a preface.
		if strings.HasPrefix(answer, word+" ") || strings.Contains(answer, " -"+word+" ") {
			return true
		}
	}
	return false
}

// nobodyThere knows the errors that go-redis gives no name.
func nobodyThere(text string) bool {
	return strings.Contains(text, "all sentinels specified in configuration are unreachable") ||
		strings.Contains(text, "redis: cluster has no nodes")
}
