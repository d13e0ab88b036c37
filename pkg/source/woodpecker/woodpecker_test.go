package woodpecker_test

import (
	"net/http"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/woodpecker"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: woodpecker.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzWoodpecker(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := woodpecker.Definition()
	s, err := d.Build(func(any) error { return nil })
	if d.Name != "woodpecker" || !d.Duplicates || err != nil {
		t.Fatalf("got %+v, %v, want woodpecker with duplicates", d, err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Woodpecker signs nothing")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		severity webhook.Severity
		told     bool
	}{
		"failed":                 {`{"build":{"status":"failure"}}`, webhook.Error, true},
		"ended in an error":      {`{"curr":{"status":"error"}}`, webhook.Error, true},
		"declined":               {`{"pipeline":{"status":"declined"}}`, webhook.Error, true},
		"killed":                 {`{"pipeline":{"status":"killed"}}`, webhook.Warning, false},
		"passed":                 {`{"pipeline":{"status":"success"}}`, webhook.Info, false},
		"passed again":           {`{"curr":{"status":"success"},"prev":{"status":"success"}}`, webhook.Info, false},
		"passed after a failure": {`{"curr":{"status":"success"},"prev":{"status":"failure"}}`, webhook.Info, true},
		"running":                {`{"pipeline":{"status":"running"}}`, webhook.Debug, false},
		"waiting for a person":   {`{"pipeline":{"status":"blocked"}}`, webhook.Debug, false},
		"all at the top, failed": {`{"status":"failure"}`, webhook.Error, true},
		"as variables, failed":   {`{"CI_PIPELINE_STATUS":"failure"}`, webhook.Error, true},
		"a status to come":       {`{"status":"boiled"}`, webhook.Info, false},
		"somebody's own words":   {`{"text":"released"}`, webhook.Info, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := woodpecker.Source{}.Events(request(c.body))
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
	id := func(body string) source.Identity {
		got, err := woodpecker.Source{}.Identify(request(body))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first, again, other := id(`{"build":{"number":7}}`), id(`{"build":{"number":7}}`), id(`{"build":{"number":8}}`)
	if first.DeliveryID != again.DeliveryID || first.DeliveryID == other.DeliveryID || first.Window != time.Minute {
		t.Errorf("got %+v, %+v and %+v, want the first two alike and the third not, for a minute", first, again, other)
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}
