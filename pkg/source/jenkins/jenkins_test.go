package jenkins_test

import (
	"net/http"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/jenkins"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: jenkins.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzJenkins(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := jenkins.Definition()
	s, err := d.Build(func(any) error { return nil })
	if d.Name != "jenkins" || !d.Duplicates || err != nil {
		t.Fatalf("got %+v, %v, want jenkins with duplicates", d, err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Jenkins signs nothing")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		action   string
		severity webhook.Severity
		told     bool
	}{
		"failed":             {`{"name":"a","build":{"phase":"FINALIZED","status":"FAILURE"}}`, "failure", webhook.Error, true},
		"unstable":           {`{"name":"a","build":{"phase":"COMPLETED","status":"UNSTABLE"}}`, "unstable", webhook.Warning, true},
		"passed":             {`{"name":"a","build":{"phase":"FINALIZED","status":"SUCCESS"}}`, "success", webhook.Info, false},
		"aborted":            {`{"name":"a","build":{"phase":"FINALIZED","status":"ABORTED"}}`, "aborted", webhook.Warning, false},
		"not built":          {`{"name":"a","build":{"phase":"FINALIZED","status":"NOT_BUILT"}}`, "not_built", webhook.Debug, false},
		"queued":             {`{"name":"a","build":{"phase":"QUEUED"}}`, "queued", webhook.Debug, false},
		"started":            {`{"name":"a","build":{"phase":"STARTED"}}`, "started", webhook.Debug, false},
		"started, so far":    {`{"name":"a","build":{"phase":"STARTED","status":"SUCCESS"}}`, "started", webhook.Debug, false},
		"told by a step":     {`{"name":"a","build":{"phase":"NONE","status":"FAILURE"}}`, "failure", webhook.Error, true},
		"a result to come":   {`{"name":"a","build":{"phase":"FINALIZED","status":"BOILED"}}`, "boiled", webhook.Info, false},
		"outbound, failed":   {`{"projectName":"a","event":"failure"}`, "failure", webhook.Error, true},
		"outbound, passed":   {`{"projectName":"a","event":"success"}`, "success", webhook.Info, false},
		"outbound, started":  {`{"projectName":"a","event":"start"}`, "start", webhook.Debug, false},
		"outbound, unstable": {`{"projectName":"a","event":"unstable"}`, "unstable", webhook.Warning, true},
		"a step's own":       {`{"job_name":"a","result":"FAILURE"}`, "failure", webhook.Error, true},
		"no build":           {`{"message":"hello"}`, "", webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := jenkins.Source{}.Events(request(c.body))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Action != c.action || e.Severity != c.severity || e.Default != c.told {
				t.Errorf("got %q, %s, default %t, want %q, %s, %t", e.Action, e.Severity, e.Default, c.action, c.severity, c.told)
			}
		})
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	const ended = `{"name":"a","url":"job/a/","build":{"number":7,"phase":"COMPLETED","status":"FAILURE"}}`
	for name, c := range map[string]struct {
		first, second string
		same          bool
	}{
		"the same again":      {ended, ended, true},
		"it says it twice":    {ended, `{"name":"a","url":"job/a/","build":{"number":7,"phase":"FINALIZED","status":"FAILURE","x":1}}`, true},
		"another result":      {ended, `{"name":"a","url":"job/a/","build":{"number":7,"phase":"FINALIZED","status":"SUCCESS"}}`, false},
		"another phase":       {ended, `{"name":"a","url":"job/a/","build":{"number":7,"phase":"STARTED"}}`, false},
		"another number":      {ended, `{"name":"a","url":"job/a/","build":{"number":8,"phase":"COMPLETED","status":"FAILURE"}}`, false},
		"another folder":      {ended, `{"name":"a","url":"job/b/job/a/","build":{"number":7,"phase":"COMPLETED","status":"FAILURE"}}`, false},
		"another server":      {ended, `{"name":"a","url":"job/a/","build":{"number":7,"phase":"COMPLETED","status":"FAILURE","full_url":"https://b.example.com/job/a/7/"}}`, false},
		"no number":           {`{"name":"a","status":"FAILURE","x":1}`, `{"name":"a","status":"FAILURE","x":2}`, false},
		"no build":            {`{"a":1}`, `{"a":2}`, false},
		"no build, but equal": {`{"a":1}`, `{"a":1}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := jenkins.Source{}.Identify(request(c.first))
			if err != nil {
				t.Fatal(err)
			}
			b, err := jenkins.Source{}.Identify(request(c.second))
			if err != nil || a.DeliveryID == "" || (a.DeliveryID == b.DeliveryID) != c.same || a.Window != time.Minute {
				t.Errorf("got %+v and %+v, %v, want the same: %t, for a minute", a, b, err, c.same)
			}
		})
	}
}

func TestJobsAreNamedWithTheirFolders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want, page string }{
		"alone":             {`{"name":"a","url":"job/a/","build":{"phase":"STARTED"}}`, "a", ""},
		"in folders":        {`{"name":"main","url":"job/acme/job/widgets/job/main/","build":{"phase":"STARTED"}}`, "acme/widgets/main", ""},
		"a branch's job":    {`{"name":"x","url":"job/widgets/job/feature%252Fcaf%25C3%25A9/","build":{"phase":"STARTED"}}`, "widgets/feature/café", ""},
		"under a path":      {`{"build":{"phase":"STARTED","number":7,"full_url":"https://ci.example.com/jenkins/job/a%20b/7/"}}`, "a b", "https://ci.example.com/jenkins/job/a%20b/"},
		"of another number": {`{"name":"a","build":{"phase":"STARTED","number":7,"full_url":"https://ci.example.com/x/8/"}}`, "a", ""},
		"no address":        {`{"name":"a","build":{"phase":"STARTED"}}`, "a", ""},
		"a strange one":     {`{"name":"a","url":"job","build":{"phase":"STARTED"}}`, "a", ""},
		"not to be read":    {`{"name":"a","url":"job/%zz/","build":{"phase":"STARTED"}}`, "%zz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := jenkins.Source{}.Events(request(c.body))
			if err != nil || events[0].Container != (webhook.Party{Name: c.want, URL: c.page}) {
				t.Errorf("got %+v, %v, want %q at %q", events, err, c.want, c.page)
			}
		})
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}
