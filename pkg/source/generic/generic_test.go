package generic_test

import (
	"net/http"
	"strings"
	"testing"

	"postern/pkg/source"
	"postern/pkg/source/generic"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func TestContract(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{Source: build(t, generic.Settings{}), Folder: "testdata/plain"})
	})
	t.Run("configured", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Suite{Source: build(t, configured()), Folder: "testdata/configured"})
	})
}

func FuzzGeneric(f *testing.F) {
	sourcetest.Fuzz(f, sourcetest.Suite{Source: build(f, configured()), Folder: "testdata/plain"})
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := generic.Definition()
	if d.Name != "generic" || d.Duplicates || d.MaxBody != 0 {
		t.Errorf("Definition() = %+v, want generic without duplicates and the receiver's limit", d)
	}
	s, err := d.Build(func(into any) error {
		*into.(*generic.Settings) = configured()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("generic brings a verification of its own, want none")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	both := &generic.Place{Header: "X-Event", Field: "event"}
	tests := map[string]struct {
		settings generic.Settings
		want     string // the key at fault; empty: none
	}{
		"none written":       {generic.Settings{}, ""},
		"a header":           {generic.Settings{EventType: &generic.Place{Header: "X-Event"}}, ""},
		"a path":             {generic.Settings{DeliveryID: &generic.Place{Field: "meta.id"}}, ""},
		"both":               {generic.Settings{EventType: both}, "event_type"},
		"neither":            {generic.Settings{DeliveryID: &generic.Place{}}, "delivery_id"},
		"a broken header":    {generic.Settings{EventType: &generic.Place{Header: "X-Event: push"}}, "event_type"},
		"a broken path":      {generic.Settings{DeliveryID: &generic.Place{Field: "meta..id"}}, "delivery_id"},
		"a path with an end": {generic.Settings{DeliveryID: &generic.Place{Field: "meta."}}, "delivery_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := generic.New(tt.settings)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want+": ")) {
				t.Errorf("got %v, want an error that names %s", err, tt.want)
			}
		})
	}
}

func TestBothKeysAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := generic.New(generic.Settings{EventType: &generic.Place{}, DeliveryID: &generic.Place{}})
	if err == nil || !strings.Contains(err.Error(), "event_type") || !strings.Contains(err.Error(), "delivery_id") {
		t.Errorf("got %v, want both keys named", err)
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want webhook.Severity
	}{
		"critical":               {`{"severity":"CRITICAL"}`, webhook.Critical},
		"level":                  {`{"level":"warn"}`, webhook.Warning},
		"status":                 {`{"status":"failed"}`, webhook.Error},
		"severity before status": {`{"status":"failed","severity":"notice"}`, webhook.Notice},
		"unclear, then clear":    {`{"severity":"7","status":"down"}`, webhook.Error},
		"debug":                  {`{"level":"debug"}`, webhook.Debug},
		"resolved":               {`{"status":"resolved"}`, webhook.Info},
		"Apprise's type":         {`{"title":"a","type":"failure"}`, webhook.Error},
		"level before type":      {`{"level":"debug","type":"error"}`, webhook.Debug},
		"no word":                {`{"status":200}`, webhook.Info},
		"none":                   {`{}`, webhook.Info},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{
				Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body),
			}
			events, err := build(t, generic.Settings{}).Events(r)
			if err != nil || len(events) != 1 || events[0].Severity != tt.want {
				t.Errorf("got %+v, %v, want one event of severity %s", events, err, tt.want)
			}
		})
	}
}

func TestBytesThatAreNoText(t *testing.T) {
	t.Parallel()
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"image/png"}}, Body: []byte("\x89PNG\xff"),
	}
	s := build(t, generic.Settings{})
	events, err := s.Events(r)
	if err != nil {
		t.Fatal(err)
	}
	want := []webhook.Field{{Name: "content type", Value: "image/png"}, {Name: "size", Value: "5"}}
	if got := events[0].Fields; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("fields %v, want %v", got, want)
	}
}

func TestTypeHeadsWhatHasNoTitle(t *testing.T) {
	t.Parallel()
	s := build(t, generic.Settings{EventType: &generic.Place{Header: "x-event"}})
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"text/plain"}, "X-Event": {"door.opened"}},
		Body: []byte("The north door"),
	}
	events, err := s.Events(r)
	if err != nil {
		t.Fatal(err)
	}
	if e := events[0]; e.Type != "door.opened" || e.Title != "door.opened" || e.Body != "The north door" {
		t.Errorf("type %q, title %q, body %q; want door.opened twice and the text", e.Type, e.Title, e.Body)
	}
}

func configured() generic.Settings {
	return generic.Settings{
		EventType:  &generic.Place{Field: "data.kind"},
		DeliveryID: &generic.Place{Header: "X-Request-Id"},
	}
}

func build(tb testing.TB, s generic.Settings) generic.Source {
	tb.Helper()
	src, err := generic.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}
