package azuredevops_test

import (
	"net/http"
	"testing"

	"postern/pkg/source"
	azuredevops "postern/pkg/source/azure_devops"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: azuredevops.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzAzureDevOps(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := azuredevops.Definition()
	s, err := d.Build(func(any) error { return nil })
	if d.Name != "azure_devops" || !d.Duplicates || err != nil {
		t.Fatalf("got %+v, %v, want azure_devops with duplicates", d, err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Azure DevOps signs nothing")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, resource string
		severity       webhook.Severity
		told           bool
	}{
		"a push":                    {"git.push", `{"refUpdates":[{"name":"refs/heads/main"}]}`, webhook.Info, true},
		"opened":                    {"git.pullrequest.created", `{"status":"active"}`, webhook.Notice, true},
		"changed":                   {"git.pullrequest.updated", `{"status":"active"}`, webhook.Info, false},
		"completed":                 {"git.pullrequest.updated", `{"status":"completed"}`, webhook.Notice, true},
		"abandoned":                 {"git.pullrequest.updated", `{"status":"abandoned"}`, webhook.Info, true},
		"merged, said again":        {"git.pullrequest.merged", `{"status":"completed","mergeStatus":"succeeded"}`, webhook.Notice, false},
		"a merge tried":             {"git.pullrequest.merged", `{"status":"active","mergeStatus":"succeeded"}`, webhook.Debug, false},
		"a merge in vain":           {"git.pullrequest.merged", `{"status":"active","mergeStatus":"conflicts"}`, webhook.Warning, true},
		"a comment":                 {"ms.vss-code.git-pullrequest-comment-event", `{}`, webhook.Info, false},
		"a failed build":            {"build.complete", `{"result":"failed"}`, webhook.Error, true},
		"one of old":                {"build.complete", `{"status":"failed"}`, webhook.Error, true},
		"one that passed":           {"build.complete", `{"status":"completed","result":"succeeded"}`, webhook.Info, false},
		"one that passed by halves": {"build.complete", `{"result":"partiallySucceeded"}`, webhook.Warning, false},
		"one that was stopped":      {"build.complete", `{"status":"stopped"}`, webhook.Warning, false},
		"a failed run":              {"ms.vss-pipelines.run-state-changed-event", `{"run":{"state":"completed","result":"failed"}}`, webhook.Error, true},
		"one on its way":            {"ms.vss-pipelines.run-state-changed-event", `{"run":{"state":"inProgress"}}`, webhook.Debug, false},
		"a failed stage":            {"ms.vss-pipelines.stage-state-changed-event", `{"stage":{"result":"failed"}}`, webhook.Error, false},
		"a failed job":              {"ms.vss-pipelines.job-state-changed-event", `{"job":{"result":"failed"}}`, webhook.Error, false},
		"a skipped job":             {"ms.vss-pipelines.job-state-changed-event", `{"job":{"result":"skipped"}}`, webhook.Debug, false},
		"deployed":                  {"ms.vss-release.deployment-completed-event", `{"environment":{"status":"succeeded"}}`, webhook.Info, true},
		"not deployed":              {"ms.vss-release.deployment-completed-event", `{"environment":{"status":"rejected"}}`, webhook.Error, true},
		"deploying":                 {"ms.vss-release.deployment-started-event", `{"environment":{"status":"queued"}}`, webhook.Debug, false},
		"to be approved":            {"ms.vss-release.deployment-approval-pending-event", `{}`, webhook.Notice, true},
		"a check to be approved":    {"ms.vss-pipelinechecks-events.approval-pending", `{}`, webhook.Notice, true},
		"approved":                  {"ms.vss-release.deployment-approval-completed-event", `{}`, webhook.Info, false},
		"a release":                 {"ms.vss-release.release-created-event", `{}`, webhook.Info, false},
		"a release given up":        {"ms.vss-release.release-abandoned-event", `{}`, webhook.Warning, false},
		"a work item":               {"workitem.created", `{}`, webhook.Info, true},
		"one that was closed":       {"workitem.updated", `{"fields":{"System.State":{"oldValue":"New","newValue":"Done"}}}`, webhook.Info, true},
		"one opened again":          {"workitem.updated", `{"fields":{"System.State":{"oldValue":"Done","newValue":"New"}}}`, webhook.Info, true},
		"one taken up":              {"workitem.updated", `{"fields":{"System.State":{"oldValue":"New","newValue":"Active"}}}`, webhook.Info, false},
		"one with words":            {"workitem.commented", `{}`, webhook.Info, false},
		"one deleted":               {"workitem.deleted", `{}`, webhook.Warning, false},
		"a changeset":               {"tfvc.checkin", `{}`, webhook.Info, true},
		"an event to come":          {"coffee.ready", `{}`, webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := azuredevops.Source{}.Events(request(`{"eventType":"` + c.kind + `","resource":` + c.resource + `}`))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Severity != c.severity || e.Default != c.told {
				t.Errorf("got %s, default %t, want %s, %t", e.Severity, e.Default, c.severity, c.told)
			}
		})
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"both":              {`{"subscriptionId":"s","notificationId":7,"id":"i"}`, "s:7"},
		"no subscription":   {`{"notificationId":7,"id":"i"}`, "i"},
		"no notification":   {`{"subscriptionId":"s","id":"i"}`, "i"},
		"a test":            {`{"subscriptionId":"00000000-0000-0000-0000-000000000000","notificationId":7,"id":"i"}`, ""},
		"nothing to be had": {`{}`, ""},
	} {
		id, err := azuredevops.Source{}.Identify(request(c.body))
		if err != nil || id.DeliveryID != c.want || id.Window != 0 {
			t.Errorf("%s: got %+v, %v, want %q", name, id, err, c.want)
		}
	}
}

func TestReadyMadeTextIsPlain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ markdown, want, url string }{
		"a link":             {"Build [7](https://x.example/7) failed.", "Build 7 failed", "https://x.example/7"},
		"swapped":            {"Run [https://x.example/7](run1) waits", "Run run1 waits", "https://x.example/7"},
		"a title for a link": {"[Bug #5](Some idea!) deleted", "Bug #5 (Some idea!) deleted", ""},
		"a link to nowhere":  {"[x](javascript:alert) y", "x (javascript:alert) y", ""},
		"emphasis":           {"**a** *b* `c_d_e` __default 2 * 3", "a b c_d_e __default 2 * 3", ""},
		"a heading":          {"## Big", "Big", ""},
		"several lines":      {"\r\n\r\nfirst\r\nsecond", "first", ""},
		"an image":           {"![chart](https://x.example/c.png) up", "chart up", "https://x.example/c.png"},
		"tags":               {"<b>bold</b><br/>next", "bold", ""},
		"no tags":            {"List<string> and a <b", "List<string> and a <b", ""},
		"an open bracket":    {"[a](b", "[a](b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := webhook.JSON(0, map[string]any{"eventType": "x", "message": map[string]any{"markdown": c.markdown}})
			if err != nil {
				t.Fatal(err)
			}
			events, err := azuredevops.Source{}.Events(request(string(body.Body)))
			if err != nil || events[0].Title != c.want || events[0].URL != c.url {
				t.Errorf("got %+v, %v, want %q at %q", events, err, c.want, c.url)
			}
		})
	}
}

func TestLongTextsCostLittle(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"[", "[a](", "**", "`a", "<a", "![x](y)"} {
		long := piece
		for len(long) < 1<<20 {
			long += long
		}
		body, err := webhook.JSON(0, map[string]any{"eventType": "x", "message": map[string]any{"markdown": long}})
		if err != nil {
			t.Fatal(err)
		}
		events, err := azuredevops.Source{}.Events(request(string(body.Body)))
		if err != nil || len([]rune(events[0].Title)) > source.MaxTitle {
			t.Errorf("%q: got a title of %d, %v, want %d at most", piece, len(events[0].Title), err, source.MaxTitle)
		}
	}
}

func TestAddressesShowNoUser(t *testing.T) {
	t.Parallel()
	events, err := azuredevops.Source{}.Events(request(`{"eventType":"git.push","resource":{"refUpdates":[{"name":"refs/heads/a"}],
		"repository":{"name":"r","remoteUrl":"https://mona:t0ken@dev.azure.com/o/p/_git/r"}}}`))
	if err != nil || events[0].Container.URL != "https://dev.azure.com/o/p/_git/r" {
		t.Errorf("got %+v, %v, want the address without its user", events, err)
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}
