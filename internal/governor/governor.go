// Package governor says when a chat may be spoken to, cluster-wide: limits of
// chat, account and platform, a platform's Retry-After, failures in a row,
// pauses and what is broken. It keeps no messages and calls no platform.
package governor

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redisconn"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

var (
	//go:embed lua/line.lua
	lineLua string
	//go:embed lua/ask.lua
	askLua string
	//go:embed lua/tell.lua
	tellLua string
	//go:embed lua/mark.lua
	markLua string
	//go:embed lua/move.lua
	moveLua string
)

// margin, in percent, is how far we stay below a limit: messages that leave
// evenly arrive a little unevenly.
const margin = 6

// How many failures in a row hold a chat, and an account.
const (
	chatFailures    = 5
	accountFailures = 10
)

// longestGuess is the longest that a platform which names no time is left alone.
const longestGuess = 15 * time.Minute

// Governor is safe for concurrent use; all of its knowledge lies in Redis.
type Governor struct {
	redis                 redis.UniversalClient
	ask, tell, mark, move *redis.Script
}

// New makes a Governor.
func New(client redis.UniversalClient) *Governor {
	script := func(own string) *redis.Script { return redis.NewScript(lineLua + own) }
	return &Governor{redis: client, ask: script(askLua), tell: script(tellLua), mark: script(markLua), move: script(moveLua)}
}

func prefix(lane string) string { return "postern:{chats-" + lane + "}:g:" }

// keys are KEYS[1..4] of every script.
func keys(l job.Line) []string {
	p := prefix(l.Lane)
	return []string{p + "c:" + l.Chat, p + "a:" + l.Account, p + "p", p + "marks"}
}

// rates gives the lists behind KEYS[4], and their counts and times.
func rates(l job.Line) (lists []string, args []any) {
	add := func(of string, rates []chat.Rate) {
		for i, r := range rates {
			lists = append(lists, fmt.Sprintf("%s%s:%d", prefix(l.Lane), of, i))
			args = append(args, r.Count, fine(r.Per*(100+margin)/100))
		}
	}
	add("rc:"+l.Chat, l.Limits.Chat)
	add("ra:"+l.Account, l.Limits.Account)
	add("rp", l.Limits.Platform)
	return lists, args
}

// Ask asks to speak on a line once. Leave to go is a place in its limits, taken.
// missed is the place that an earlier leave gave and that passed unused, or empty:
// it is given up for another.
func (g *Governor) Ask(ctx context.Context, l job.Line, missed string) (job.Leave, error) {
	lists, each := rates(l)
	late := lateness(l.Limits)
	args := append([]any{l.Print, len(l.Limits.Chat), missed, fine(late)}, each...)
	a, err := g.ask.Run(ctx, g.redis, append(keys(l), lists...), args...).StringSlice()
	if err != nil {
		return job.Leave{}, unavailable("ask to speak", err)
	}
	if len(a) != 5 {
		return job.Leave{}, fmt.Errorf("ask to speak: answer %v is not understood", a)
	}
	ms, err := strconv.ParseFloat(a[1], 64)
	if err != nil {
		return job.Leave{}, fmt.Errorf("ask to speak: answer %v is not understood", a)
	}
	return job.Leave{
		Kind: job.LeaveKind(a[0]), Wait: time.Duration(ms * float64(time.Millisecond)), Place: a[2], Late: late,
		Watched: a[3] != "", Why: a[4],
	}, nil
}

// Move puts a place that was used late to now, so that those behind it keep their
// distance.
func (g *Governor) Move(ctx context.Context, l job.Line, place string) error {
	lists, _ := rates(l)
	return unavailable("move a place", g.move.Run(ctx, g.redis, append(keys(l), lists...), place).Err())
}

// The bounds of lateness.
const (
	leastLate = 20 * time.Millisecond
	mostLate  = time.Second
)

// lateness is by how much a place may be missed: half the margin of the shortest
// rate, so that early and late neighbours together stay within it. Without rates
// nothing can be missed.
func lateness(l chat.Limits) time.Duration {
	var shortest time.Duration
	for _, r := range slices.Concat(l.Chat, l.Account, l.Platform) {
		if shortest == 0 || r.Per < shortest {
			shortest = r.Per
		}
	}
	if shortest == 0 {
		return 0
	}
	return min(max(shortest*margin/200, leastLate), mostLate)
}

// Tell remembers what a call showed. Success need be told only of a line that
// is watched.
func (g *Governor) Tell(ctx context.Context, l job.Line, v job.Verdict) error {
	reach := map[retry.Reach]int{retry.Chat: 1, retry.Account: 2, retry.Platform: 3}[v.Reach]
	err := g.tell.Run(ctx, g.redis, keys(l), string(v.Kind), reach, l.Print, fine(v.For), v.Why,
		chatFailures, accountFailures, fine(l.Longest), v.Guess, fine(longestGuess)).Err()
	return unavailable("tell the governor", err)
}

// Pause keeps a chat from being spoken to until Resume.
func (g *Governor) Pause(ctx context.Context, l job.Line) error {
	return unavailable("pause chat", g.mark.Run(ctx, g.redis, keys(l), "pause").Err())
}

// Resume lets a chat be spoken to again: no pause, no hold, and nothing broken
// about it, its account or its platform.
func (g *Governor) Resume(ctx context.Context, l job.Line) error {
	return unavailable("resume chat", g.mark.Run(ctx, g.redis, keys(l), "resume").Err())
}

// Mend is Resume of a chat that stays paused if it is.
func (g *Governor) Mend(ctx context.Context, l job.Line) error {
	return unavailable("mend chat", g.mark.Run(ctx, g.redis, keys(l), "mend").Err())
}

// State says how a line stands.
func (g *Governor) State(ctx context.Context, l job.Line) (job.LineState, error) {
	states, err := g.States(ctx, []job.Line{l})
	if err != nil {
		return job.LineState{}, err
	}
	return states[0], nil
}

// States says how lines stand, in one go.
func (g *Governor) States(ctx context.Context, lines []job.Line) ([]job.LineState, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	fields := make([][3]*redis.SliceCmd, len(lines))
	_, err := g.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for n, l := range lines {
			for i, key := range keys(l)[:3] {
				fields[n][i] = p.HMGet(ctx, key, "hold", "open", "fails", "paused", "broken:"+l.Print, "broken_at:"+l.Print)
			}
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("read the governor", err)
	}
	states, now := make([]job.LineState, len(lines)), time.Now()
	for n, of := range fields {
		states[n] = stateOf(of, now)
	}
	return states, nil
}

// stateOf reads the fields of chat, account and platform.
func stateOf(of [3]*redis.SliceCmd, now time.Time) (s job.LineState) {
	for i, f := range of {
		v := f.Val()
		s.HeldTill = latest(s.HeldTill, instant(v[0]), instant(v[1]))
		s.Failures = max(s.Failures, int(number(v[2])))
		s.Paused = s.Paused || v[3] != nil
		if why, ok := v[4].(string); ok && s.BrokenAt.IsZero() {
			s.Broken, s.BrokenAt, s.Reach = why, instant(v[5]), []retry.Reach{retry.Chat, retry.Account, retry.Platform}[i]
		}
	}
	if s.HeldTill.Before(now) {
		s.HeldTill = time.Time{}
	}
	return s
}

// Marked names the chats of a lane that are paused, or broken by themselves.
func (g *Governor) Marked(ctx context.Context, lane string) ([]string, error) {
	marks, err := g.redis.SMembers(ctx, prefix(lane)+"marks").Result()
	if err != nil {
		return nil, unavailable("list marked chats", err)
	}
	var chats []string
	for _, key := range marks {
		if chat, ok := strings.CutPrefix(key, prefix(lane)+"c:"); ok {
			chats = append(chats, chat)
		}
	}
	return chats, nil
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func number(v any) int64 {
	text, _ := v.(string)
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func instant(v any) time.Time {
	if n := number(v); n > 0 {
		return time.UnixMilli(n)
	}
	return time.Time{}
}

// fine writes milliseconds to the microsecond.
func fine(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64)
}

func unavailable(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case redisconn.Unavailable(err):
		return fmt.Errorf("%s: %w: %w", doing, job.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
