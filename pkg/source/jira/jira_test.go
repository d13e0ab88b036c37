package jira_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/jira"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: jira.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzJira(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := jira.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "jira" || !d.Duplicates || d.Unauthorized || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want jira with duplicates", d, s, err)
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	const moved = `"issue":{"fields":{"status":{"statusCategory":{"key":"done"}}}},"changelog":{"items":[{"field":"status","fromString":"A","toString":"B"}]}`
	tests := map[string]struct {
		body     string
		severity webhook.Severity
		told     bool
	}{
		"a new issue":         {`"webhookEvent":"jira:issue_created"`, webhook.Notice, true},
		"an urgent one":       {`"webhookEvent":"jira:issue_created","issue":{"fields":{"priority":{"name":"Blocker"}}}`, webhook.Warning, true},
		"it is done":          {`"webhookEvent":"jira:issue_updated",` + moved, webhook.Notice, true},
		"it moves on":         {`"webhookEvent":"jira:issue_updated","changelog":{"items":[{"field":"status","fromString":"A","toString":"B"}]}`, webhook.Info, false},
		"it is open again":    {`"webhookEvent":"jira:issue_updated","changelog":{"items":[{"field":"resolution","fromString":"Done","toString":null}]}`, webhook.Warning, true},
		"by its kind":         {`"webhookEvent":"jira:issue_updated","issue_event_type_name":"issue_reopened"`, webhook.Warning, true},
		"a field of it":       {`"webhookEvent":"jira:issue_updated","changelog":{"items":[{"field":"labels","toString":"x"}]}`, webhook.Info, false},
		"it is deleted":       {`"webhookEvent":"jira:issue_deleted"`, webhook.Warning, false},
		"a comment":           {`"webhookEvent":"comment_created"`, webhook.Notice, false},
		"some work":           {`"webhookEvent":"worklog_created"`, webhook.Info, false},
		"a sprint":            {`"webhookEvent":"sprint_started"`, webhook.Notice, true},
		"a sprint is planned": {`"webhookEvent":"sprint_created"`, webhook.Info, false},
		"a release":           {`"webhookEvent":"jira:version_released"`, webhook.Notice, true},
		"no release":          {`"webhookEvent":"jira:version_unreleased"`, webhook.Warning, true},
		"an end":              {`"webhookEvent":"project_deleted"`, webhook.Warning, true},
		"a kind yet to come":  {`"webhookEvent":"goal_created"`, webhook.Info, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e := event(t, `{`+tt.body+`}`); e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestTextIsWithoutMarkup(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ given, want string }{
		"a link":                {`"[the page|https://example.com/a]"`, "the page (https://example.com/a)"},
		"a smart link":          {`"[https://example.com/a|https://example.com/a|smart-link]"`, "https://example.com/a"},
		"an address":            {`"[https://example.com/a]"`, "https://example.com/a"},
		"an unsafe address":     {`"[click|javascript:alert(1)]"`, "click"},
		"a person":              {`"[~ada] look"`, "@ada look"},
		"a person by an id":     {`"[~accountid:99:1] look"`, "@… look"},
		"code":                  {`"{code:go|title=x}a := 1{code}"`, "a := 1"},
		"colour":                {`"{color:#ff0000}red{color} tape"`, "red tape"},
		"a quotation":           {`"{quote}old{quote}new"`, "new"},
		"half a quotation":      {`"new {quote}old"`, "new"},
		"a quoted line":         {`"bq. old\nnew"`, "new"},
		"a heading":             {`"h3. Why\nThus"`, "Why\nThus"},
		"an image":              {`"see !shot.png|width=300!"`, "see shot.png"},
		"what only looks so":    {`"wait! what? {x} [y] h3.a"`, "wait! what? {x} [y] h3.a"},
		"an escape":             {`"ASAP\\! C:\\temp"`, `ASAP! C:\temp`},
		"a document":            {`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"b"}]}]}`, "a\nb"},
		"a list":                {`{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}]}`, "• a"},
		"a task":                {`{"type":"taskList","content":[{"type":"taskItem","attrs":{"state":"DONE"},"content":[{"type":"text","text":"a"}]}]}`, "☑ a"},
		"a mention":             {`{"type":"paragraph","content":[{"type":"mention","attrs":{"text":"@Ada"}},{"type":"mention","attrs":{"id":"1"}}]}`, "@Ada@…"},
		"a card":                {`{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"url":"https://example.com/a"}}]}`, "https://example.com/a"},
		"an unsafe card":        {`{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"url":"javascript:x"}},{"type":"text","text":"b"}]}`, "b"},
		"a node yet to come":    {`{"type":"spoiler","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}`, "a"},
		"neither":               {`7`, ""},
		"a document of nothing": {`{"type":"doc"}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := event(t, `{"webhookEvent":"comment_created","comment":{"body":`+tt.given+`}}`).Body; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	r := request(`{"webhookEvent":"comment_created","timestamp":1}`)
	if id, err := (jira.Source{}).Identify(r); err != nil || id.DeliveryID != "" {
		t.Errorf("got %+v, %v, want none: Data Center gives no id", id, err)
	}
	r.Header.Set("X-Atlassian-Webhook-Identifier", "d1")
	if id, err := (jira.Source{}).Identify(r); err != nil || id.DeliveryID != "d1" || id.Window != 0 {
		t.Errorf("got %+v, %v, want d1 of the sender's own", id, err)
	}
}

func TestAddressesOfMailAreNotTold(t *testing.T) {
	t.Parallel()
	e := event(t, `{"webhookEvent":"jira:issue_created","user":{"emailAddress":"mona@example.com"},"issue":{"key":"A-1","fields":{"reporter":{"emailAddress":"mona@example.com"}}}}`)
	if e.Actor.Name != "" || len(e.Fields) > 0 {
		t.Errorf("got %+v, want nobody named", e)
	}
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := jira.Source{}.Events(request(body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, Body: []byte(body),
	}
}
