package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{next: "more"}, nil)
	w := call(h, "GET", "/api/jobs", "view-token")
	var got struct {
		Jobs []struct {
			ID       string
			Attempts []any
		}
		NextCursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("got %d %s, error %v", w.Code, w.Body, err)
	}
	if len(got.Jobs) != 1 || got.Jobs[0].ID != known || got.Jobs[0].Attempts == nil || got.NextCursor != "more" {
		t.Errorf("got %s", w.Body)
	}
}

func TestJobFilters(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		query string
		want  job.Query
	}{
		"none":              {"", job.Query{}},
		"a repeated key":    {"state=dead&state=canceled", job.Query{States: []job.State{job.Dead, job.Canceled}}},
		"delivery":          {"delivery=failed&delivery=partial", job.Query{Deliveries: []job.Delivery{job.Failed, job.Partial}}},
		"where it came":     {"plugin=acme.repos&endpoint=/github", job.Query{Plugins: []string{"acme.repos"}, Endpoints: []string{"/github"}}},
		"an endpoint coded": {"endpoint=%2Fresource%2F%7Bid%7D", job.Query{Endpoints: []string{"/resource/{id}"}}},
		"events":            {"event=push&event=pull_request.opened", job.Query{Events: []string{"push", "pull_request.opened"}}},
		"an alias":          {"chat=team", job.Query{Chats: []string{"telegram-group_1"}}},
		"a chat key":        {"chat=gone-group_9", job.Query{Chats: []string{"gone-group_9"}}},
		"a delivery id":     {"delivery_id=72d3162e", job.Query{DeliveryIDs: []string{"72d3162e"}}},
		"times": {
			"since=2026-11-24T02:00:00Z&until=2026-11-24T04:00:00%2B01:00",
			job.Query{Since: at, Until: at.Add(time.Hour)},
		},
		"limit":              {"limit=200", job.Query{Limit: 200}},
		"a cursor":           {"cursor=abc", job.Query{Cursor: "abc"}},
		"the cursor of none": {"cursor=", job.Query{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked job.Query
			h, _ := newAPI(store{query: &asked}, nil)
			if w := call(h, "GET", "/api/jobs?"+tt.query, "view-token"); w.Code != http.StatusOK {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if tt.want.Limit == 0 {
				tt.want.Limit = 50
			}
			asked.Since, asked.Until = asked.Since.UTC(), asked.Until.UTC()
			if diff := cmp.Diff(tt.want, asked); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDurationsBack(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"2h": 2 * time.Hour, "7d": 7 * 24 * time.Hour, "1w12h": 180 * time.Hour, "0s": 0} {
		var asked job.Query
		h, _ := newAPI(store{query: &asked}, nil)
		call(h, "GET", "/api/jobs?since="+text, "view-token")
		if back := time.Since(asked.Since); back < want || back > want+time.Minute {
			t.Errorf("%s: got %s back", text, back)
		}
	}
}

// TestAPlusSignThatWasNotEncoded is what curl sends for a time east of Greenwich.
func TestAPlusSignThatWasNotEncoded(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 25, 10, 19, 37, 0, time.UTC)
	for _, text := range []string{"2026-11-25T19:19:37+09:00", "2026-11-25T19:19:37%2B09:00", "2026-11-25T10:19:37Z", "2026-11-25T05:19:37-05:00"} {
		var asked job.Query
		h, _ := newAPI(store{query: &asked}, nil)
		if w := call(h, "GET", "/api/jobs?since="+text, "view-token"); w.Code != http.StatusOK || !asked.Since.Equal(want) {
			t.Errorf("%s: got %d, since %s, want %s", text, w.Code, asked.Since, want)
		}
	}
}

func TestJobQueriesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	for query, says := range map[string]string{
		"status=dead":            `"status" is no filter; there are chat, cursor, delivery, delivery_id, endpoint, event, limit, plugin, since, state, until`,
		"State=dead":             `is no filter`,
		"state=failed":           `state: "failed" is none of queued, running, retrying, succeeded, dead, canceled`,
		"state=":                 `state: "" is none of`,
		"delivery=sent":          `delivery: "sent" is none of pending, none, delivered, partial, failed`,
		"chat=nobody":            `chat: "nobody" is neither an alias`,
		"plugin=":                "plugin: it is empty",
		"since=tomorrow":         "since: it is neither a time",
		"since=2026-11-25+09:00": "since: it is neither a time",
		"until=-2h":              "until: it is neither a time",
		"limit=0":                "limit: it is no number from 1 to 200",
		"limit=201":              "limit: it is no number from 1 to 200",
		"limit=1&limit=2":        "limit: it is given several times",
		"cursor=made-up":         "cursor: it is none that a listing gave",
		"state=%zz":              "not encoded",
		"plugin=a" + strings.Repeat("&plugin=a", 100): "plugin: it is given more than 100 times",
	} {
		w := call(h, "GET", "/api/jobs?"+query, "view-token")
		wantProblem(t, w, http.StatusBadRequest, "invalid_query")
		var p struct{ Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || !strings.Contains(p.Detail, says) {
			t.Errorf("%s: got %q, want %q in it", query, p.Detail, says)
		}
	}
}

func TestHeadWhereGet(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	for _, path := range []string{
		"/api/jobs", path, path + "/events", path + "/payload", "/api/rejections", "/api/session", "/openapi.json", "/docs",
	} {
		get, head := call(h, "GET", path, "ops-token"), call(h, "HEAD", path, "ops-token")
		if get.Code != http.StatusOK || head.Code != get.Code || head.Header().Get("Content-Type") != get.Header().Get("Content-Type") {
			t.Errorf("%s: GET %d %v, HEAD %d %v", path, get.Code, get.Header(), head.Code, head.Header())
		}
	}
}
