package github_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source"
	"postern/pkg/source/github"
)

// The file lists every wording: an event and its body on a line, and under it
// what is made of them. It costs less than a golden case of its own for each
// action; -update rewrites it.
func TestActions(t *testing.T) {
	t.Parallel()
	const file = "testdata/actions.txt"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n\n") {
		given, _, _ := strings.Cut(block, "\n")
		got.WriteString(given + "\n" + told(t, given) + "\n")
	}
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(b), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// told gives the event's marks, its title in each language, and its fields.
func told(t *testing.T, given string) string {
	t.Helper()
	event, body, _ := strings.Cut(given, " ")
	events, err := github.Source{}.Events(request(event, body))
	if err != nil {
		t.Fatalf("%s: %v", given, err)
	}
	e := events[0]
	var text strings.Builder
	fmt.Fprintf(&text, "%s default=%t confidential=%t thread=%s\n", e.Severity, e.Default, e.Confidential, e.Thread)
	for _, l := range []source.Locale{source.English, source.Japanese, source.Chinese} {
		m := github.Source{}.Message(e, l, source.Normal)
		text.WriteString(m.Title)
		for _, f := range m.Fields {
			text.WriteString(" | " + f.Name + ": " + f.Value)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// Whatever is in an alert, the secret it is about stands in no event.
func TestSecretsAreNotTold(t *testing.T) {
	t.Parallel()
	const body = `{"action":"%s","alert":{"number":1,"secret":"hunter2","resolution_comment":"hunter2","secret_type":"token",
		"html_url":"https://github.com/acme/widgets/security/secret-scanning/1","first_location_detected":{"path":"x","blob_url":"hunter2"}},
		"location":{"type":"commit","details":{"path":".env","content":"hunter2"}}}`
	for _, event := range []string{"secret_scanning_alert", "secret_scanning_alert_location", "secret_scanning_scan", "secret_teleport_alert"} {
		for _, action := range []string{"created", "resolved", "publicly_leaked", "invented"} {
			events, err := github.Source{}.Events(request(event, fmt.Sprintf(body, action)))
			if err != nil {
				t.Fatal(err)
			}
			e := events[0]
			if !e.Confidential {
				t.Errorf("%s %s is not confidential", event, action)
			}
			m := github.Source{}.Message(e, source.English, source.Full)
			e.Detail = nil
			if all := fmt.Sprintf("%+v %+v", e, m); strings.Contains(all, "hunter2") {
				t.Errorf("%s %s tells the secret: %s", event, action, all)
			}
		}
	}
}

// The default events need no memory of earlier ones, and of two events that
// tell the same at most one is among them.
func TestDefaultEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event, body string
		want        bool
	}{
		"a push that makes a branch":       {"push", `{"ref":"refs/heads/x","created":true,"deleted":false,"forced":false}`, true},
		"the create beside it":             {"create", `{"ref":"x","ref_type":"branch"}`, false},
		"a push that deletes a branch":     {"push", `{"ref":"refs/heads/x","created":false,"deleted":true,"forced":false}`, true},
		"the delete beside it":             {"delete", `{"ref":"x","ref_type":"branch"}`, false},
		"a release published":              {"release", `{"action":"published"}`, true},
		"the same one created":             {"release", `{"action":"created"}`, false},
		"the same one released":            {"release", `{"action":"released"}`, false},
		"a star":                           {"star", `{"action":"created"}`, false},
		"the watch beside it":              {"watch", `{"action":"started"}`, false},
		"a review":                         {"pull_request_review", `{"action":"submitted","review":{"state":"approved"}}`, false},
		"its inline notes":                 {"pull_request_review_comment", `{"action":"created"}`, false},
		"a workflow that failed":           {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"failure"}}`, true},
		"a workflow that succeeded":        {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"success"}}`, false},
		"its job":                          {"workflow_job", `{"action":"completed","workflow_job":{"conclusion":"failure"}}`, false},
		"its check":                        {"check_run", `{"action":"completed","check_run":{"conclusion":"failure"}}`, false},
		"its check suite":                  {"check_suite", `{"action":"completed","check_suite":{"conclusion":"failure"}}`, false},
		"its status":                       {"status", `{"state":"failure"}`, false},
		"a deployment asked for":           {"deployment", `{"action":"created"}`, false},
		"a deployment done":                {"deployment_status", `{"action":"created","deployment_status":{"state":"success"}}`, true},
		"a deployment under way":           {"deployment_status", `{"action":"created","deployment_status":{"state":"in_progress"}}`, false},
		"a pull request's label":           {"pull_request", `{"action":"labeled"}`, false},
		"a pull request merged":            {"pull_request", `{"action":"closed","pull_request":{"merged":true}}`, true},
		"an alert of high severity":        {"dependabot_alert", `{"action":"created","alert":{"security_advisory":{"severity":"high"}}}`, true},
		"an alert of medium severity":      {"dependabot_alert", `{"action":"created","alert":{"security_advisory":{"severity":"medium"}}}`, false},
		"what that alert was before":       {"repository_vulnerability_alert", `{"action":"create","alert":{"severity":"high"}}`, false},
		"a secret found":                   {"secret_scanning_alert", `{"action":"created"}`, true},
		"a package":                        {"package", `{"action":"published"}`, false},
		"the registry package beside it":   {"registry_package", `{"action":"published"}`, false},
		"a push that moves nothing":        {"push", `{"ref":"refs/heads/x","created":false,"deleted":false,"forced":false,"commits":[]}`, true},
		"a push by force to older commits": {"push", `{"ref":"refs/heads/x","created":false,"deleted":false,"forced":true,"commits":[]}`, true},
		"a push to any branch":             {"push", `{"ref":"refs/heads/x","commits":[{"id":"1"}]}`, true},
		"a pull request opened":            {"pull_request", `{"action":"opened"}`, true},
		"its assignee":                     {"pull_request", `{"action":"assigned"}`, false},
		"its request for a review":         {"pull_request", `{"action":"review_requested"}`, false},
		"its new commits":                  {"pull_request", `{"action":"synchronize"}`, false},
		"its way back to a draft":          {"pull_request", `{"action":"converted_to_draft"}`, false},
		"its end as a draft":               {"pull_request", `{"action":"ready_for_review"}`, true},
		"its place in the merge queue":     {"merge_group", `{"action":"checks_requested"}`, false},
		"a review thread resolved":         {"pull_request_review_thread", `{"action":"resolved"}`, false},
		"an issue opened":                  {"issues", `{"action":"opened"}`, true},
		"its label":                        {"issues", `{"action":"labeled"}`, false},
		"its comment":                      {"issue_comment", `{"action":"created"}`, false},
		"a comment on a commit":            {"commit_comment", `{"action":"created"}`, false},
		"a discussion":                     {"discussion", `{"action":"created"}`, false},
		"a release changed":                {"release", `{"action":"edited"}`, false},
		"a workflow asked for":             {"workflow_run", `{"action":"requested"}`, false},
		"a workflow cancelled":             {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"cancelled"}}`, false},
		"a workflow that timed out":        {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"timed_out"}}`, true},
		"a deployment that failed":         {"deployment_status", `{"action":"created","deployment_status":{"state":"failure"}}`, true},
		"a deployment that was replaced":   {"deployment_status", `{"action":"created","deployment_status":{"state":"inactive"}}`, false},
		"a deployment to be approved":      {"deployment_review", `{"action":"requested"}`, false},
		"a fork":                           {"fork", `{}`, false},
		"a wiki page":                      {"gollum", `{"pages":[{"action":"created"}]}`, false},
		"a repository made public":         {"repository", `{"action":"publicized"}`, false},
		"a member":                         {"member", `{"action":"added"}`, false},
		"a ruleset":                        {"repository_ruleset", `{"action":"edited"}`, false},
		"an alert's assignee":              {"dependabot_alert", `{"action":"assignees_changed","alert":{"security_advisory":{"severity":"high"}}}`, false},
		"another place of a secret":        {"secret_scanning_alert_location", `{"action":"created"}`, false},
		"what a scanner found":             {"code_scanning_alert", `{"action":"created","alert":{"rule":{"security_severity_level":"critical"}}}`, false},
		"an advisory":                      {"repository_advisory", `{"action":"published"}`, false},
		"an event of tomorrow":             {"teleport", `{"action":"created"}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := github.Source{}.Events(request(tt.event, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := events[0].Default; got != tt.want {
				t.Errorf("default: got %t, want %t", got, tt.want)
			}
		})
	}
}
