package harbor_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/harbor"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: harbor.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzHarbor(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := harbor.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "harbor" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want harbor with duplicates", d, s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const header = "Bearer a token of its own"
	both := []secret.Text{secret.New("older"), secret.New(header)}
	for name, c := range map[string]struct {
		secrets []secret.Text
		values  []string
		want    error
	}{
		"as it is written":   {both, []string{header}, nil},
		"an older one":       {both, []string{"older"}, nil},
		"without its scheme": {both, []string{"a token of its own"}, verify.ErrRejected},
		"another scheme":     {both, []string{"bearer a token of its own"}, verify.ErrRejected},
		"changed":            {both, []string{header + "!"}, verify.ErrRejected},
		"cut short":          {both, []string{header[:12]}, verify.ErrRejected},
		"doubled":            {both, []string{header, header}, verify.ErrRejected},
		"empty":              {both, []string{""}, verify.ErrMissing},
		"none":               {both, nil, verify.ErrMissing},
		"no secret":          {nil, []string{header}, verify.ErrNotConfigured},
		"no secret, none":    {nil, nil, verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := harbor.Source{}.Verification(verify.Keys{Secrets: c.secrets})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{}, Body: []byte("{}")}
			if c.values != nil {
				r.Header["Authorization"] = c.values
			}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got := v.Credentials().Headers; !slices.Contains(got, "Authorization") {
				t.Errorf("got the credentials %v, want Authorization", got)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	scan := func(overview string) string {
		return `{"type":"SCANNING_COMPLETED","event_data":{"resources":[{"scan_overview":{"x":` + overview + `}}]}}`
	}
	for name, c := range map[string]struct {
		body     string
		severity webhook.Severity
		told     bool
	}{
		"a push":               {`{"type":"PUSH_ARTIFACT"}`, webhook.Info, true},
		"a push as CloudEvent": {`{"specversion":"1.0","type":"harbor.artifact.pushed"}`, webhook.Info, true},
		"a pull":               {`{"type":"PULL_ARTIFACT"}`, webhook.Debug, false},
		"deleted":              {`{"type":"DELETE_ARTIFACT"}`, webhook.Warning, false},
		"nothing found":        {scan(`{"severity":"None"}`), webhook.Info, false},
		"something low":        {scan(`{"severity":"Low","summary":{"summary":{"Low":3}}}`), webhook.Info, false},
		"something high":       {scan(`{"summary":{"summary":{"High":1}}}`), webhook.Warning, true},
		"something critical":   {scan(`{"severity":"Critical"}`), webhook.Error, true},
		"a scan that failed":   {`{"type":"SCANNING_FAILED"}`, webhook.Error, true},
		"one that was stopped": {`{"type":"SCANNING_STOPPED"}`, webhook.Warning, false},
		"too much":             {`{"type":"QUOTA_EXCEED"}`, webhook.Error, true},
		"almost too much":      {`{"type":"QUOTA_WARNING"}`, webhook.Warning, true},
		"not copied":           {`{"type":"REPLICATION","event_data":{"replication":{"job_status":"Failed"}}}`, webhook.Error, true},
		"copied":               {`{"type":"REPLICATION","event_data":{"replication":{"job_status":"Success"}}}`, webhook.Info, false},
		"cleaned up":           {`{"type":"TAG_RETENTION","event_data":{"retention":{"result":"SUCCESS"}}}`, webhook.Info, false},
		"not cleaned up":       {`{"type":"TAG_RETENTION","event_data":{"retention":{"result":"FAILED"}}}`, webhook.Error, true},
		"a type to come":       {`{"type":"BOILED"}`, webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := harbor.Source{}.Events(request(c.body, nil))
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
	cloud := func(id, from string) http.Header {
		return http.Header{"Ce-Type": {"harbor.artifact.pushed"}, "Ce-Id": {id}, "Ce-Source": {from}}
	}
	for name, c := range map[string]struct {
		first, second *webhook.Request
		same          bool
		window        time.Duration
	}{
		"the same again":       {request(`{"type":"A","occur_at":1}`, nil), request(`{"type":"A","occur_at":1}`, nil), true, time.Minute},
		"later":                {request(`{"type":"A","occur_at":1}`, nil), request(`{"type":"A","occur_at":2}`, nil), false, time.Minute},
		"of another type":      {request(`{"type":"A","occur_at":1}`, nil), request(`{"type":"B","occur_at":1}`, nil), false, time.Minute},
		"a CloudEvent's id":    {request(`{"specversion":"1.0","source":"s","id":"1"}`, nil), request(`{"specversion":"1.0","source":"s","id":"1","x":1}`, nil), true, 0},
		"another one's":        {request(`{"specversion":"1.0","source":"s","id":"1"}`, nil), request(`{"specversion":"1.0","source":"s","id":"2"}`, nil), false, 0},
		"of another policy":    {request(`{"specversion":"1.0","source":"s","id":"1"}`, nil), request(`{"specversion":"1.0","source":"t","id":"1"}`, nil), false, 0},
		"in headers":           {request(`{"a":1}`, cloud("1", "s")), request(`{"a":2}`, cloud("1", "s")), true, 0},
		"in headers, another":  {request(`{"a":1}`, cloud("1", "s")), request(`{"a":1}`, cloud("2", "s")), false, 0},
		"the same in both":     {request(`{"a":1}`, cloud("1", "s")), request(`{"specversion":"1.0","source":"s","id":"1"}`, nil), true, 0},
		"a CloudEvent without": {request(`{"specversion":"1.0","x":1}`, nil), request(`{"specversion":"1.0","x":2}`, nil), false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := identify(t, c.first), identify(t, c.second)
			if a.DeliveryID == "" || (a.DeliveryID == b.DeliveryID) != c.same || a.Window != c.window {
				t.Errorf("got %+v and %+v, want the same: %t, for %v", a, b, c.same, c.window)
			}
		})
	}
}

func TestOnlyWhatIsSafeToPasteIsACommand(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"harbor.example.com/library/web:1.2": "docker pull harbor.example.com/library/web:1.2",
		"web; rm -rf /":                      "", "-v /:/x web": "", "web$(x)": "", "": "",
	} {
		events, err := harbor.Source{}.Events(request(
			`{"type":"PUSH_ARTIFACT","event_data":{"repository":{"name":"web"},"resources":[{"resource_url":"`+address+`"}]}}`, nil))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range events[0].Fields {
			if f.Name == "Pull" {
				got = f.Value
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func identify(t *testing.T, r *webhook.Request) source.Identity {
	t.Helper()
	id, err := harbor.Source{}.Identify(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func request(body string, more http.Header) *webhook.Request {
	header := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(header, more)
	return &webhook.Request{Method: http.MethodPost, Header: header, Body: []byte(body)}
}
