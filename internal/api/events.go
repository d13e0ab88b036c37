package api

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/problem"
)

// Bounds on a stream of events.
const (
	heartbeat    = 15 * time.Second // what proxies between take for silence is longer
	writeTimeout = 30 * time.Second // of a caller that does not read
	streamRetry  = 5 * time.Second
)

// events streams a job: as it is, and as it changes, until it is finished.
func (a *API) events(c *gin.Context) {
	id, err := job.ParseID(c.Param("id"))
	if err != nil {
		a.fail(c, job.ErrUnknown)
		return
	}
	caller := c.GetString(callerName)
	at, ok := a.watches.enter(caller, id)
	if !ok {
		problem.Write(c.Writer, http.StatusTooManyRequests, "too_many_requests",
			"Too many streams are open.", problem.RetryAfter(streamRetry))
		return
	}
	defer a.watches.leave(caller, id)
	seen := c.GetHeader("Last-Event-ID")
	first, err := a.watches.look(c.Request.Context(), at, id)
	switch {
	case err != nil:
		a.fail(c, err)
	case first.finished && seen == first.version:
		// An EventSource calls again when a stream ends; this is what tells it
		// that there is nothing more to come.
		c.Header("Cache-Control", "no-store")
		c.Status(http.StatusNoContent)
	default:
		s := a.open(c)
		if c.Request.Method == http.MethodHead {
			s.close()
			return
		}
		if err := a.tell(s, at, id, first, seen); !errors.Is(err, errOver) {
			a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelDebug, "stream cut",
				slog.String("job_id", string(id)), slog.String("error", err.Error()))
		}
	}
}

// stream is an answer that is written piece by piece.
type stream struct {
	w            http.ResponseWriter
	out          *http.ResponseController
	r            *http.Request
	ticks, beats *time.Ticker
}

// open begins the answer.
func (a *API) open(c *gin.Context) *stream {
	c.Header("Content-Type", "text/event-stream; charset=utf-8")
	c.Header("Cache-Control", "no-store, no-transform")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Accel-Buffering", "no") // nginx would keep events back
	c.Status(http.StatusOK)
	return &stream{
		w: c.Writer, out: http.NewResponseController(c.Writer), r: c.Request,
		ticks: time.NewTicker(lookEvery), beats: time.NewTicker(heartbeat),
	}
}

func (s *stream) close() {
	s.ticks.Stop()
	s.beats.Stop()
}

// write sends a piece now. The server's own deadline is for whole answers; a
// stream has one for each piece.
func (s *stream) write(format string, args ...any) error {
	_ = s.out.SetWriteDeadline(time.Now().Add(writeTimeout)) // a writer without deadlines has no slow caller
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	return s.out.Flush()
}

// errOver ends a stream that has nothing more to tell.
var errOver = errors.New("the stream is over")

// end says why there is nothing more, to who reads no states.
func (s *stream) end(why string) error {
	return cmp.Or(s.write("event: end\ndata: {\"reason\":%q}\n\n", why), errOver)
}

// tell sends what is new until the job is finished or forgotten, the caller
// goes, or the server stops: then the caller calls another.
func (a *API) tell(s *stream, at *watched, id job.ID, now view, seen string) error {
	defer s.close()
	err := s.write("retry: 1000\n\n")
	for err == nil {
		if now.version != seen {
			seen = now.version
			if err = s.write("event: job\nid: %s\ndata: %s\n\n", now.version, now.json); err != nil {
				break
			}
		}
		if now.finished {
			return s.end("finished")
		}
		now, err = a.next(s, at, id, now)
	}
	return err
}

// next waits for a while and gives the job as it then is, or why the stream
// ends.
func (a *API) next(s *stream, at *watched, id job.ID, now view) (view, error) {
	select {
	case <-s.r.Context().Done():
		return now, errOver
	case <-a.opt.Stopping:
		return now, errOver
	case <-s.beats.C:
		return now, s.write(": still here\n\n")
	case <-s.ticks.C:
		next, err := a.watches.look(s.r.Context(), at, id)
		switch {
		case errors.Is(err, job.ErrUnknown):
			return now, s.end("gone")
		case err != nil:
			return now, nil //nolint:nilerr // the store is away, and will be back
		}
		return next, nil
	}
}
