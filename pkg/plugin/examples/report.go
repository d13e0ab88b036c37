package examples

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// excerpt is how many code points of a report the chat sees.
const excerpt = 200

// uploadReport takes a text file as a form and tells the chat that the caller
// names. Which chats a caller may name is the operator's word: allow_chats.
func uploadReport(caller verify.Verifier) plugin.Endpoint {
	return plugin.Endpoint{
		Endpoint:    "/upload_report",
		Name:        "Report upload",
		Description: "Takes a text file (report_file, report_name, target_chat) and tells the chat.",
		Verify:      caller,
		Types:       plugin.Types{Answer: plugin.TypeOf[reportFacts]()},
		Accept: func(r *webhook.Request) (plugin.Acceptance, error) {
			report, err := readReport(r)
			if err != nil {
				return plugin.Acceptance{}, err
			}
			return plugin.Acceptance{
				Message: "The report was received.",
				Fields:  map[string]any{"filename": report.facts.Filename, "size": report.facts.Size},
				Chats:   []string{report.chat},
			}, nil
		},
		Handle: tellReport,
	}
}

// reportFacts are the answer's own fields, and the result.
type reportFacts struct {
	Filename string `json:"filename"`
	Size     int    `json:"size"` // in bytes
}

type report struct {
	facts reportFacts
	name  string
	chat  string
	text  string
}

func readReport(r *webhook.Request) (report, error) {
	form, err := r.Form()
	if err != nil {
		return report{}, err // webhook.ErrPayload says it itself
	}
	read := report{name: form.Values.Get("report_name"), chat: form.Values.Get("target_chat")}
	switch {
	case strings.TrimSpace(read.name) == "":
		return report{}, plugin.Invalid("report_name is missing")
	case !utf8.ValidString(read.name):
		return report{}, plugin.Invalid("report_name is not UTF-8")
	case strings.TrimSpace(read.chat) == "":
		return report{}, plugin.Invalid("target_chat is missing")
	case len(form.Files["report_file"]) == 0:
		return report{}, plugin.Invalid("report_file is missing")
	}
	file := form.Files["report_file"][0]
	switch {
	case len(file.Content) == 0:
		return report{}, plugin.Invalid("report_file is empty")
	case !strings.HasPrefix(strings.ToLower(strings.TrimSpace(file.ContentType)), "text/"):
		return report{}, plugin.Invalid("report_file is not a text file: only text/* is taken")
	case !utf8.Valid(file.Content):
		return report{}, plugin.Invalid("report_file is not UTF-8")
	}
	read.facts = reportFacts{Filename: baseName(file.Name), Size: len(file.Content)}
	read.text = string(file.Content)
	return read, nil
}

// baseName is a client's file name without its folders, Windows' too. It is
// shown and never opened.
func baseName(name string) string {
	name = source.OneLine(name)
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

func tellReport(ctx context.Context, job plugin.Job) (any, error) {
	report, err := readReport(job.Request())
	if err != nil {
		return nil, retry.Never(err)
	}
	if err := job.Send(ctx, report.chat, "report", report.message(job.Locale())); err != nil {
		return nil, fmt.Errorf("tell of the report: %w", err)
	}
	return report.facts, nil
}

func (r report) message(l source.Locale) chat.Message {
	title := source.Words{
		English:  "New report '{name}' ({file})",
		Japanese: "新しいレポート '{name}' ({file})を受信しました。コンテンツ概要:",
		Chinese:  "收到新报告 '{name}' ({file})",
	}
	return chat.Message{
		Title: source.OneLine(source.Fill(title.In(l), "name", r.name, "file", r.facts.Filename)),
		Body:  chat.Plain(firstRunes(r.text, excerpt) + "..."),
	}
}

// firstRunes gives at most the first n code points of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
