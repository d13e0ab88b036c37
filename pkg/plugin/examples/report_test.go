package examples_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/plugin/plugintest"
	"postern/pkg/source"
)

func TestReportIsToldToItsChat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		upload   upload
		locale   source.Locale
		filename string
		size     int
		want     string
	}{
		"a short one": {
			upload{"Daily", "team", "a.txt", "text/plain", "report_file", []byte("all is well")},
			source.English, "a.txt", 11,
			"New report 'Daily' (a.txt)\nall is well...",
		},
		"the first 200 code points": {
			upload{"Daily", "team", "a.csv", "TEXT/CSV; charset=utf-8", "report_file", []byte(strings.Repeat("日本", 200))},
			source.English, "a.csv", 1200,
			"New report 'Daily' (a.csv)\n" + strings.Repeat("日本", 100) + "...",
		},
		"in the document's own words": {
			upload{"日報", "team", "a.txt", "text/plain", "report_file", []byte("x")},
			source.Japanese, "a.txt", 1,
			"新しいレポート '日報' (a.txt)を受信しました。コンテンツ概要:\nx...",
		},
		"no folders of the client": {
			upload{"Daily", "team", "../../etc/passwd", "text/plain", "report_file", []byte("x")},
			source.English, "passwd", 1,
			"New report 'Daily' (passwd)\nx...",
		},
		"no folders of Windows either": {
			upload{"Daily", "team", `C:\reports\a.txt`, "text/plain", "report_file", []byte("x")},
			source.English, "a.txt", 1,
			"New report 'Daily' (a.txt)\nx...",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(t, "/upload_report")
			r := tt.upload.request(t)
			answer := plugintest.Receive(t.Context(), e, r)
			wantFields := map[string]any{"filename": tt.filename, "size": tt.size}
			if diff := cmp.Diff(wantFields, answer.Acceptance.Fields); answer.Status != 202 || diff != "" {
				t.Fatalf("answer: got %+v, want 202; fields (-want +got):\n%s", answer, diff)
			}
			if diff := cmp.Diff([]string{"team"}, answer.Acceptance.Chats); diff != "" {
				t.Errorf("chats to be allowed (-want +got):\n%s", diff)
			}
			job := plugintest.NewJob(e, r, tt.locale)
			if _, err := plugintest.Run(t.Context(), e, job); err != nil {
				t.Fatalf("run: got %v, want no error", err)
			}
			if len(job.Sent()) != 1 || job.Sent()[0].To != "team" {
				t.Fatalf("sent: got %+v, want one message to team", job.Sent())
			}
			if got := lines(job.Sent()[0].Message); got != tt.want {
				t.Errorf("message: got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestReportIsRefused(t *testing.T) {
	t.Parallel()
	good := upload{"Daily", "team", "a.txt", "text/plain", "report_file", []byte("fine")}
	tests := map[string]struct {
		change func(*upload)
		names  string // what the detail must name
	}{
		"without a name":       {func(u *upload) { u.name = "" }, "report_name"},
		"with a blank name":    {func(u *upload) { u.name = "  " }, "report_name"},
		"with a broken name":   {func(u *upload) { u.name = "\xff" }, "report_name"},
		"without a chat":       {func(u *upload) { u.chat = "" }, "target_chat"},
		"without a file":       {func(u *upload) { u.fileField = "" }, "report_file"},
		"with another field":   {func(u *upload) { u.fileField = "file" }, "report_file"},
		"without a file name":  {func(u *upload) { u.file = "" }, "report_file"},
		"with an empty file":   {func(u *upload) { u.content = nil }, "report_file"},
		"for no text":          {func(u *upload) { u.kind = "application/pdf" }, "text/*"},
		"for no type":          {func(u *upload) { u.kind = "" }, "text/*"},
		"for what is no UTF-8": {func(u *upload) { u.content = []byte("caf\xe9") }, "UTF-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := good
			tt.change(&u)
			got := plugintest.Receive(t.Context(), endpoint(t, "/upload_report"), u.request(t))
			if got.Status != 400 || got.Code != "invalid_payload" || !strings.Contains(got.Detail, tt.names) {
				t.Errorf("got %+v, want 400 invalid_payload that names %s", got, tt.names)
			}
		})
	}
}

func TestReportMustBeAForm(t *testing.T) {
	t.Parallel()
	got := plugintest.Receive(t.Context(), endpoint(t, "/upload_report"), startJob(`{}`))
	if got.Status != 400 || got.Code != "invalid_payload" {
		t.Errorf("JSON: got %+v, want 400 invalid_payload", got)
	}
}
