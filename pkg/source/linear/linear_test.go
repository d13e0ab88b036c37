package linear_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/linear"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: linear.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzLinear(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := linear.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "linear" || !d.Duplicates || d.Unauthorized || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want linear with duplicates", d, s, err)
	}
}

func TestAnswerIs200(t *testing.T) {
	t.Parallel()
	if answer, ok := (linear.Source{}).Answer(request(`{}`)); !ok || answer.Status != http.StatusOK {
		t.Errorf("got %d, %t, want 200", answer.Status, ok)
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body     string
		severity webhook.Severity
		told     bool
	}{
		"a new issue":         {`{"type":"Issue","action":"create","data":{"priority":3}}`, webhook.Notice, true},
		"an urgent one":       {`{"type":"Issue","action":"create","data":{"priority":1}}`, webhook.Warning, true},
		"it is begun":         {`{"type":"Issue","action":"update","data":{"state":{"name":"Doing","type":"started"}},"updatedFrom":{"stateId":"a"}}`, webhook.Info, false},
		"it is done":          {`{"type":"Issue","action":"update","data":{"state":{"name":"Done","type":"completed"}},"updatedFrom":{"stateId":"a"}}`, webhook.Notice, true},
		"it is canceled":      {`{"type":"Issue","action":"update","data":{"state":{"name":"Won't do","type":"canceled"}},"updatedFrom":{"stateId":"a"}}`, webhook.Notice, true},
		"a change when done":  {`{"type":"Issue","action":"update","data":{"state":{"name":"Done","type":"completed"}},"updatedFrom":{"title":"a"}}`, webhook.Info, false},
		"it is deleted":       {`{"type":"Issue","action":"remove"}`, webhook.Warning, false},
		"a comment":           {`{"type":"Comment","action":"create"}`, webhook.Notice, false},
		"a comment changed":   {`{"type":"Comment","action":"update"}`, webhook.Info, false},
		"a reaction":          {`{"type":"Reaction","action":"create"}`, webhook.Info, false},
		"a project goes well": {`{"type":"ProjectUpdate","action":"create","data":{"health":"onTrack"}}`, webhook.Notice, true},
		"and one not":         {`{"type":"ProjectUpdate","action":"create","data":{"health":"atRisk"}}`, webhook.Warning, true},
		"a promise is broken": {`{"type":"IssueSLA","action":"breached"}`, webhook.Error, true},
		"it will be":          {`{"type":"IssueSLA","action":"highRisk"}`, webhook.Warning, true},
		"a promise is made":   {`{"type":"IssueSLA","action":"set"}`, webhook.Info, false},
		"access is gone":      {`{"type":"OAuthApp","action":"revoked"}`, webhook.Warning, true},
		"a type yet to come":  {`{"type":"Roadmap","action":"create"}`, webhook.Info, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e := event(t, tt.body); e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestWhatChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ data, from, name, want string }{
		"a title":             {`"title":"B"`, `"title":"A"`, "Title", "A → B"},
		"a priority":          {`"priority":1`, `"priority":4`, "Priority", "Low → Urgent"},
		"no priority before":  {`"priority":1`, `"priority":0`, "Priority", "→ Urgent"},
		"no priority now":     {`"priority":0`, `"priority":2`, "Priority", "High → –"},
		"a date":              {`"dueDate":"2026-02-01"`, `"dueDate":"2026-01-01"`, "Due", "2026-01-01 → 2026-02-01"},
		"no date now":         {`"dueDate":null`, `"dueDate":"2026-01-01"`, "Due", "2026-01-01 → –"},
		"a state by its id":   {`"state":{"name":"Done"}`, `"stateId":"a"`, "Status", "→ Done"},
		"a status by its id":  {`"status":{"name":"Done"}`, `"statusId":"a"`, "Status", "→ Done"},
		"a state that stayed": {`"state":{"name":"Done"}`, `"title":"A"`, "Status", "Done"},
		"nobody":              {`"assignee":null`, `"assigneeId":"a"`, "Assignee", "→ –"},
		"a project":           {`"project":{"name":"P"}`, `"projectId":null`, "Project", "→ P"},
		"what stayed":         {`"project":{"name":"P"},"estimate":3`, `"title":"A"`, "Estimate", ""},
		"a long text":         {`"description":"B"`, `"description":"A"`, "Changed", "description"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, f := range event(t, `{"type":"Issue","action":"update","data":{`+tt.data+`},"updatedFrom":{`+tt.from+`}}`).Fields {
				if f.Name == tt.name {
					got = f.Value
				}
			}
			if got != tt.want {
				t.Errorf("%s is %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	r := request(`{"type":"Issue","action":"create","webhookId":"w1"}`)
	if id, err := (linear.Source{}).Identify(r); err != nil || id.DeliveryID != "" {
		t.Errorf("got %+v, %v, want none: webhookId is the webhook's", id, err)
	}
	r.Header.Set("Linear-Delivery", "d1")
	if id, err := (linear.Source{}).Identify(r); err != nil || id.DeliveryID != "d1" || id.Window != 0 {
		t.Errorf("got %+v, %v, want d1 of the sender's own", id, err)
	}
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := linear.Source{}.Events(request(body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: []byte(body),
	}
}
