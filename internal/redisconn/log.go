package redisconn

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo sends what the Redis library says of itself to log, at debug: it
// reports each dial that fails to standard error, and the same error comes
// back from the command. It holds for the whole process; call it once, before
// Open.
func LogTo(log *slog.Logger) { redis.SetLogger(chatter{log}) }

// chatter is the library's logger.
type chatter struct{ log *slog.Logger }

// Printf logs one remark of the library.
func (c chatter) Printf(ctx context.Context, format string, v ...any) {
	c.log.DebugContext(ctx, "redis client remarked", "remark", fmt.Sprintf(format, v...))
}
