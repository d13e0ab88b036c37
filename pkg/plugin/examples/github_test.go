package examples_test

import (
	"testing"

	"postern/pkg/plugin/examples"
	"postern/pkg/plugin/plugintest"
	"postern/pkg/source"
)

const push = `{"ref":"refs/heads/main","repository":{"full_name":"acme/widgets"},"pusher":{"name":"mona"},
	"commits":[{"id":"a","message":"first"},{"id":"b","message":"latest\n\nand why"}],
	"head_commit":{"id":"b","message":"latest\n\nand why"}}`

func TestGitHubEventsAreTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event, body string
		locale      source.Locale
		want        string
	}{
		"a push": {
			"push", push, source.English,
			"📦 Push\nRepository: acme/widgets\nPusher: mona\nCommits: 2\nLatest commit: latest",
		},
		"a push in the document's own words": {
			"push", push, source.Japanese,
			"📦 コードプッシュイベント\nリポジトリ: acme/widgets\nプッシャー: mona\nコミット: 2\n最新コミット: latest",
		},
		"a push that says nothing": {
			"push", `{}`, source.English, "📦 Push\nRepository: unknown\nPusher: unknown\nCommits: 0",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(t, "/github")
			r := fromGitHub(tt.event, tt.body)
			answer := plugintest.Receive(t.Context(), e, r)
			if want := "Event 'push' was received."; answer.Status != 202 || answer.Acceptance.Message != want {
				t.Fatalf("answer: got %+v, want 202 and %q", answer, want)
			}
			job := plugintest.NewJob(e, r, tt.locale)
			for range 2 { // a job may be run twice
				result, err := plugintest.Run(t.Context(), e, job)
				if err != nil || string(result) != `{"events":1}` {
					t.Fatalf("run: got %s, %v; want one event", result, err)
				}
			}
			sent := job.Sent()
			if len(sent) != 1 || sent[0].To != "team" {
				t.Fatalf("sent: got %+v, want one message to team", sent)
			}
			if got := lines(sent[0].Message); got != tt.want {
				t.Errorf("message: got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestOtherGitHubEventsAreToldToo(t *testing.T) {
	t.Parallel()
	e := endpoint(t, "/github")
	for _, event := range []string{"issues", "star", "some_event_of_tomorrow"} {
		job := plugintest.NewJob(e, fromGitHub(event, `{"action":"opened"}`), source.English)
		if _, err := plugintest.Run(t.Context(), e, job); err != nil {
			t.Errorf("%s: got %v, want no error", event, err)
		}
		if sent := job.Sent(); len(sent) != 1 || lines(sent[0].Message) == "" {
			t.Errorf("%s: got %+v, want one message with words", event, sent)
		}
	}
}

func TestGitHubWithoutAChatIsAWarning(t *testing.T) {
	t.Parallel()
	e := plugintest.Mount(t, examples.Plugin(), map[string]any{"github_secret": githubSecret}).Endpoint("/github")
	job := plugintest.NewJob(e, fromGitHub("push", push), source.English)
	if _, err := plugintest.Run(t.Context(), e, job); err != nil {
		t.Fatalf("run: got %v, want no failure", err)
	}
	if len(job.Sent()) != 0 || len(job.Warnings()) != 1 {
		t.Errorf("got %v sent and warnings %v, want nothing sent and one warning", job.Sent(), job.Warnings())
	}
}

func TestGitHubAnswersAtOnce(t *testing.T) {
	t.Parallel()
	e := endpoint(t, "/github")
	if got := plugintest.Receive(t.Context(), e, fromGitHub("ping", `{"zen":"Design for failure."}`)); got.Status != 200 {
		t.Errorf("ping: got %+v, want 200 and no job", got)
	}
	if got := plugintest.Receive(t.Context(), e, fromGitHub("push", `{`)); got.Status != 400 || got.Code != "invalid_payload" {
		t.Errorf("no JSON: got %+v, want 400 invalid_payload", got)
	}
}
