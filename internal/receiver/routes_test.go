package receiver_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"postern/internal/receiver"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	ready := func(r receiver.Readiness) func(context.Context) receiver.Readiness {
		return func(context.Context) receiver.Readiness { return r }
	}
	tests := map[string]struct {
		path   string
		ready  func(context.Context) receiver.Readiness
		status int
		want   map[string]any
	}{
		"alive": {"/healthz", ready(receiver.Readiness{}), 200, map[string]any{"status": "ok"}},
		"ready": {
			"/readyz", ready(receiver.Readiness{Ready: true, Durable: true, Checks: map[string]string{"redis": "ok"}}),
			200,
			map[string]any{"status": "ok", "durable": true, "checks": map[string]any{"redis": "ok"}},
		},
		"ready unasked": {"/readyz", nil, 200, map[string]any{"status": "ok", "durable": true, "checks": map[string]any{}}},
		"not ready": {
			"/readyz", ready(receiver.Readiness{Checks: map[string]string{"redis": "away", "spool": "full"}}),
			503,
			map[string]any{"status": "unavailable", "durable": false, "checks": map[string]any{"redis": "away", "spool": "full"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(o *receiver.Options) { o.Ready = tt.ready })
			w := h.do(httptest.NewRequest(http.MethodGet, tt.path, nil))
			if w.Code != tt.status {
				t.Errorf("got %d, want %d", w.Code, tt.status)
			}
			if diff := cmp.Diff(tt.want, members(t, w.Body.Bytes())); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if head := h.do(httptest.NewRequest(http.MethodHead, tt.path, nil)); head.Code != tt.status {
				t.Errorf("HEAD: got %d, want %d", head.Code, tt.status)
			}
		})
	}
}

func mounted(o *receiver.Options) {
	o.Mount = func(r gin.IRouter) {
		r.GET("/api/jobs/:id", func(c *gin.Context) { c.String(http.StatusOK, c.Param("id")) })
		r.GET("/broken", func(*gin.Context) { panic("route broke") })
		r.GET("/half", func(c *gin.Context) {
			_, _ = c.Writer.WriteString("half")
			panic("route broke")
		})
	}
}

func TestMountedRoutes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path string
		status       int
		code         string
		allow        string
	}{
		"served":                          {"GET", "/api/jobs/1", 200, "", ""},
		"a trailing slash is another URL": {"GET", "/api/jobs/1/", 404, "not_found", ""},
		"a path beside it":                {"GET", "/api/jobs", 404, "not_found", ""},
		"a wrong method":                  {"PUT", "/api/jobs/1", 405, "method_not_allowed", "GET"},
		"a method of no one":              {"BREW", "/api/jobs/1", 405, "method_not_allowed", "GET"},
		"a panic":                         {"GET", "/broken", 500, "internal_error", ""},
	}
	h := newHouse(t, mounted, endpoint("/github"))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := h.do(httptest.NewRequest(tt.method, tt.path, nil))
			if tt.code != "" {
				wantProblem(t, w, tt.status, tt.code)
			} else if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
			if got := w.Header().Get("Allow"); got != tt.allow {
				t.Errorf("Allow: got %q, want %q", got, tt.allow)
			}
		})
	}
}

func TestPanicAmidAnAnswerHangsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, mounted)
	defer func() {
		if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want http.ErrAbortHandler", got)
		}
		if !strings.Contains(h.log.String(), "route panicked") {
			t.Errorf("log: %s", h.log)
		}
	}()
	h.do(httptest.NewRequest(http.MethodGet, "/half", nil))
}
