package examples_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/plugin/plugintest"
	"postern/pkg/retry"
	"postern/pkg/source"
)

func TestJobIsAccepted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, taskID string }{
		"with a task id":    {`{"task_id":"nightly","notify_chat_key":"team"}`, "nightly"},
		"without one":       {`{"notify_chat_key":"team"}`, "unknown_task"},
		"with null":         {`{"task_id":null,"notify_chat_key":"team","seconds":null}`, "unknown_task"},
		"with other words":  {`{"notify_chat_key":"team","seconds":0,"more":{"a":1}}`, "unknown_task"},
		"at the upper edge": {`{"notify_chat_key":"team","seconds":3600}`, "unknown_task"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := plugintest.Receive(t.Context(), endpoint(t, "/start_job"), startJob(tt.body))
			if got.Status != 202 || got.Acceptance.TaskID == nil || *got.Acceptance.TaskID != tt.taskID {
				t.Fatalf("got %+v, want 202 with task id %s", got, tt.taskID)
			}
			if got.Acceptance.Message == "" {
				t.Error("got no message, want one")
			}
			if diff := cmp.Diff([]string{"team"}, got.Acceptance.Chats); diff != "" {
				t.Errorf("chats to be allowed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJobIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, names string }{
		"without a chat":         {`{"task_id":"nightly"}`, "notify_chat_key"},
		"with an empty chat":     {`{"notify_chat_key":""}`, "notify_chat_key"},
		"with a number as task":  {`{"task_id":7,"notify_chat_key":"team"}`, "task_id must be a string"},
		"with a list as chat":    {`{"notify_chat_key":["team"]}`, "notify_chat_key must be a string"},
		"with too little time":   {`{"notify_chat_key":"team","seconds":-1}`, "seconds"},
		"with too much time":     {`{"notify_chat_key":"team","seconds":3601}`, "seconds"},
		"with a word as seconds": {`{"notify_chat_key":"team","seconds":"10"}`, "seconds must be a number"},
		"with no JSON":           {`task_id=nightly`, "JSON"},
		"with nothing":           {``, "JSON"},
		"with a list":            {`[]`, "an object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, contentType := range []string{"application/json", ""} {
				r := startJob(tt.body)
				r.Header.Set("Content-Type", contentType)
				got := plugintest.Receive(t.Context(), endpoint(t, "/start_job"), r)
				if got.Status != 400 || got.Code != "invalid_payload" || !strings.Contains(got.Detail, tt.names) {
					t.Errorf("as %q: got %+v, want 400 invalid_payload with %q", contentType, got, tt.names)
				}
			}
		})
	}
}

func TestJobTakesItsTimeAndTells(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		locale  source.Locale
		takes   time.Duration
		reports int // the last one at 100 percent
		result  string
		tells   string
	}{
		"ten seconds if not told": {
			`{"task_id":"nightly","notify_chat_key":"team"}`, source.English, 10 * time.Second, 11,
			`{"task_id":"nightly","seconds":10}`, "Task nightly finished. Result: worked for 10 s.",
		},
		"no time": {
			`{"notify_chat_key":"team","seconds":0}`, source.Japanese, 0, 1,
			`{"task_id":"unknown_task","seconds":0}`, "タスク unknown_task の処理が完了しました。結果: 0 秒間処理しました。",
		},
		"a moment": {
			`{"notify_chat_key":"team","seconds":0.5}`, source.English, 500 * time.Millisecond, 2,
			`{"task_id":"unknown_task","seconds":0.5}`, "Task unknown_task finished. Result: worked for 0.5 s.",
		},
		"an hour": {
			`{"notify_chat_key":"team","seconds":3600}`, source.English, time.Hour, 11,
			`{"task_id":"unknown_task","seconds":3600}`, "Task unknown_task finished. Result: worked for 3600 s.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(t, "/start_job")
			job := plugintest.NewJob(e, startJob(tt.body), tt.locale)
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				result, err := plugintest.Run(t.Context(), e, job)
				if err != nil || string(result) != tt.result {
					t.Errorf("run: got %s, %v; want %s", result, err, tt.result)
				}
				if took := time.Since(began); took != tt.takes {
					t.Errorf("time: got %s, want %s", took, tt.takes)
				}
			})
			if sent := job.Sent(); len(sent) != 1 || sent[0].To != "team" || lines(sent[0].Message) != tt.tells {
				t.Errorf("sent: got %+v, want %q to team", sent, tt.tells)
			}
			reports := job.Reports()
			if len(reports) != tt.reports || reports[len(reports)-1].Percent != 100 {
				t.Errorf("progress: got %v, want %d reports up to 100 percent", reports, tt.reports)
			}
		})
	}
}

func TestJobSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := endpoint(t, "/start_job")
		job := plugintest.NewJob(e, startJob(`{"notify_chat_key":"team"}`), source.English)
		dying, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		_, err := plugintest.Run(dying, e, job)
		if !errors.Is(err, context.DeadlineExceeded) || retry.AdviceOn(err).Kind != retry.Again {
			t.Errorf("first run: got %v, want the context's error, to be tried again", err)
		}
		if len(job.Sent()) != 0 {
			t.Errorf("first run: got %v sent, want nothing yet", job.Sent())
		}
		for range 2 { // and once more, as if the end of the second had been lost
			if _, err := plugintest.Run(t.Context(), e, job); err != nil {
				t.Errorf("later run: got %v, want no error", err)
			}
		}
		if len(job.Sent()) != 1 {
			t.Errorf("in all: got %v sent, want one message", job.Sent())
		}
	})
}
