package msgraph_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/msgraph"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: msgraph.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzGraph(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := msgraph.Definition()
	if d.Name != "msgraph" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want msgraph with duplicates", d)
	}
	for name, c := range map[string]struct {
		state secret.Text
		fault bool
	}{"written": {secret.New("x"), false}, "not written": {secret.Text{}, false}, "empty": {secret.New(""), true}} {
		_, err := d.Build(func(into any) error {
			into.(*msgraph.Settings).ClientState = c.state
			return nil
		})
		if (err != nil) != c.fault || err != nil && !strings.HasPrefix(err.Error(), "client_state: ") {
			t.Errorf("%s: got %v, want an error: %t", name, err, c.fault)
		}
	}
}

func TestWithoutAStateThereIsNoVerifier(t *testing.T) {
	t.Parallel()
	v, err := msgraph.Source{}.Verification(verify.Keys{})
	if err == nil || !strings.HasPrefix(err.Error(), "client_state: ") || v != nil {
		t.Errorf("got %v, %v, want an error that names client_state", v, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want error
	}{
		"the state":            {`{"value":[{"clientState":"word"}]}`, nil},
		"an older one":         {`{"value":[{"clientState":"old"}]}`, nil},
		"each item has one":    {`{"value":[{"clientState":"word"},{"clientState":"old"}]}`, nil},
		"a wrong one":          {`{"value":[{"clientState":"words"}]}`, verify.ErrRejected},
		"one item has a wrong": {`{"value":[{"clientState":"word"},{"clientState":"x"}]}`, verify.ErrRejected},
		"one item has none":    {`{"value":[{"clientState":"word"},{}]}`, verify.ErrMissing},
		"an item is no object": {`{"value":[{"clientState":"word"},"x"]}`, verify.ErrMissing},
		"it is null":           {`{"value":[{"clientState":null}]}`, verify.ErrMissing},
		"it is empty":          {`{"value":[{"clientState":""}]}`, verify.ErrMissing},
		"no item":              {`{"value":[]}`, verify.ErrMissing},
		"beside the items":     {`{"clientState":"word","value":[{}]}`, verify.ErrMissing},
		"no body":              {``, verify.ErrMissing},
		"no JSON":              {`word`, verify.ErrRejected},
	}
	s, err := msgraph.New(msgraph.Settings{ClientState: secret.New("word")})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old")}})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the verifier wants a secret, want it to do without")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := v.Verify(t.Context(), request(tt.body)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestGreet(t *testing.T) {
	t.Parallel()
	const token = "Validation: Testing client application reachability for subscription Request-Id: 7"
	tests := map[string]struct {
		method, query, body string
		want                string
	}{
		"the token":         {"POST", "validationToken=" + url.QueryEscape(token), "", token},
		"markup stays text": {"POST", "validationToken=%3Cb%3E", "", "<b>"},
		"with a body":       {"POST", "validationToken=x", "{}", ""},
		"by GET":            {"GET", "validationToken=x", "", ""},
		"no token":          {"POST", "", "", ""},
		"an empty one":      {"POST", "validationToken=", "", ""},
		"two":               {"POST", "validationToken=x&validationToken=y", "", ""},
		"two lines":         {"POST", "validationToken=x%0Ay", "", ""},
		"no UTF-8":          {"POST", "validationToken=%ff", "", ""},
		"too long":          {"POST", "validationToken=" + strings.Repeat("x", 1025), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(tt.body)
			r.Method, r.RawQuery = tt.method, tt.query
			answer, ok := msgraph.Source{}.Greet(r)
			if ok != (tt.want != "") || string(answer.Body) != tt.want {
				t.Fatalf("got %t with %q, want %q", ok, answer.Body, tt.want)
			}
			if ok && (answer.Status != http.StatusOK || answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
				answer.Header.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("got %+v, want 200 as plain text", answer)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ item, kind, action string }{
		"by its data":               {`{"changeType":"created","resource":"Users/1/Messages/2","resourceData":{"@odata.type":"#Microsoft.Graph.Message"}}`, "message", "created"},
		"by a path with the id":     {`{"changeType":"updated","resource":"Users/1/Messages/2","resourceData":{"id":"2"}}`, "messages", "updated"},
		"by a path with a key":      {`{"changeType":"deleted","resource":"chats('1')/messages('2')"}`, "messages", "deleted"},
		"by a path to a collection": {`{"resource":"me/mailFolders"}`, "mailFolders", ""},
		"of nothing":                {`{}`, "change", ""},
		"a subscription's life":     {`{"lifecycleEvent":"missed","resource":"Users/1"}`, "lifecycle", "missed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := msgraph.Source{}.Identify(request(`{"value":[` + tt.item + `]}`))
			if err != nil || id.Type != tt.kind || id.Action != tt.action {
				t.Errorf("got %q %q, %v, want %q %q", id.Type, id.Action, err, tt.kind, tt.action)
			}
		})
	}
}

func TestDeliveryIDs(t *testing.T) {
	t.Parallel()
	id := func(items string) source.Identity {
		id, err := msgraph.Source{}.Identify(request(`{"value":[` + items + `]}`))
		if err != nil {
			t.Error(err)
		}
		return id
	}
	if one := id(`{"id":"a"}`); one.DeliveryID != "a" || one.Window != 0 {
		t.Errorf("one item: got %+v, want its own id", one)
	}
	two, turned := id(`{"id":"a"},{"id":"b"}`), id(`{"id":"b"},{"id":"a"}`)
	if two.Window != 0 || two.DeliveryID == turned.DeliveryID || len(two.DeliveryID) != 64 {
		t.Errorf("two items: got %+v and %+v, want hashes that differ", two, turned)
	}
	if again := id(`{"id":"a"},{"id":"b","more":1}`); again.DeliveryID != two.DeliveryID {
		t.Errorf("the same ids: got %+v, want %+v", again, two)
	}
	if none := id(`{"id":"a"},{}`); none.Window != time.Minute || len(none.DeliveryID) != 64 {
		t.Errorf("one has no id: got %+v, want a hash for a minute", none)
	}
}

func TestALargeDeliveryIsBounded(t *testing.T) {
	t.Parallel()
	body := `{"value":[` + strings.TrimSuffix(strings.Repeat(`{"changeType":"created"},`, source.MaxEvents+5), ",") + `]}`
	events, err := msgraph.Source{}.Events(request(body))
	if err != nil || len(events) != source.MaxEvents {
		t.Fatalf("got %d events, %v, want %d", len(events), err, source.MaxEvents)
	}
	if last := events[len(events)-1]; last.Title != "[Microsoft Graph] events: +6" || !last.Default {
		t.Errorf("the last is %+v, want it to tell of 6 more", last)
	}
}

func TestTheStateIsNotTold(t *testing.T) {
	t.Parallel()
	events, err := msgraph.Source{}.Events(request(`{"value":[{"clientState":"s3cret","changeType":"created","resource":"Users/1"}]}`))
	if err != nil || len(events) != 1 || strings.Contains(fmt.Sprintf("%+v", events[0]), "s3cret") {
		t.Errorf("got %+v, %v, want one event without the state", events, err)
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
