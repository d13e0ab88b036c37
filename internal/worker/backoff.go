package worker

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"postern/internal/config"
)

// backoff gives the wait before the next attempt after spent ones: exponential
// with full jitter.
func backoff(p config.Retry, spent int) time.Duration {
	ceiling := float64(p.First) * math.Pow(p.Factor, float64(max(spent-1, 0)))
	ceiling = min(ceiling, float64(p.Max))
	return time.Duration(rand.Float64() * ceiling) //nolint:gosec // jitter is no secret
}

// exhausted says why nothing more is tried, or nothing.
func exhausted(p config.Retry, spent int, since, next time.Time) string {
	switch {
	case p.Attempts > 0 && spent >= p.Attempts:
		return fmt.Sprintf("gave up after %d attempts", spent)
	case !since.IsZero() && next.Sub(since) > p.GiveUpAfter:
		return fmt.Sprintf("gave up after %s", p.GiveUpAfter)
	default:
		return ""
	}
}
