package routing_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify/none"
	"postern/pkg/webhook"
)

// named is a source that calls every request what it is told to.
type named source.Identity

func (n named) Identify(*webhook.Request) (source.Identity, error) { return source.Identity(n), nil }
func (named) Events(*webhook.Request) ([]webhook.Event, error)     { return nil, nil }
func (named) Message(webhook.Event, source.Locale, source.Verbosity) chat.Message {
	return chat.Message{}
}

func TestMaskQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw   string
		names []string
		want  string
	}{
		"nothing":                  {"", nil, ""},
		"nothing secret":           {"a=1&b=2", nil, "a=1&b=2"},
		"the check's own":          {"a=1&t+k=x", []string{"t k"}, "a=1&t+k=***"},
		"what sounds secret":       {"issue_key=A-1&token=x&api_key=y&key=z", nil, "issue_key=A-1&token=***&api_key=***&key=***"},
		"a name that is no UTF-8":  {"%zz=1&a=2", nil, "%zz=***&a=2"},
		"twice, and without value": {"token=a&token", nil, "token=***&token=***"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := routing.MaskQuery(tt.raw, tt.names); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIntake(t *testing.T) {
	t.Parallel()
	request := &webhook.Request{Method: "POST", Header: http.Header{
		"Authorization": {"Bearer x"}, "Cookie": {"x"}, "X-Acme-Signature": {"x"}, "X-Kind": {"y"},
	}, Body: []byte("b")}
	endpoint := func(id source.Identity, window time.Duration, content bool) *routing.Endpoint {
		return &routing.Endpoint{Plugin: "a.b", Path: "/c", Verifier: none.Verifier{}, Source: named(id), Window: window, Content: content}
	}
	t.Run("keeps no credential", func(t *testing.T) {
		t.Parallel()
		in, err := endpoint(source.Identity{}, 0, false).Intake(request)
		if err != nil || len(in.Request.Header) != 1 || in.Request.Header.Get("X-Kind") != "y" {
			t.Errorf("got the headers %v, %v, want X-Kind alone", in.Request.Header, err)
		}
		if request.Header.Get("Authorization") == "" {
			t.Error("the request itself was changed")
		}
	})
	t.Run("shortens what a sender made too long, and keeps two apart", func(t *testing.T) {
		t.Parallel()
		long := strings.Repeat("長", 5000)
		a, errA := endpoint(source.Identity{DeliveryID: long + "a"}, time.Hour, false).Intake(request)
		b, errB := endpoint(source.Identity{DeliveryID: long + "b"}, time.Hour, false).Intake(request)
		if errA != nil || errB != nil || len(a.Event.DeliveryID) > 200 || a.Event.DeliveryID == b.Event.DeliveryID {
			t.Errorf("got %q and %q", a.Event.DeliveryID, b.Event.DeliveryID)
		}
		if a.DuplicateKeys[0] == b.DuplicateKeys[0] {
			t.Error("two deliveries look alike")
		}
	})
	t.Run("remembers a hash of the content for a minute at most", func(t *testing.T) {
		t.Parallel()
		for window, want := range map[time.Duration]time.Duration{72 * time.Hour: time.Minute, 10 * time.Second: 10 * time.Second, 0: 0} {
			in, err := endpoint(source.Identity{DeliveryID: "h", Window: time.Hour}, window, false).Intake(request)
			if err != nil || in.Window != want {
				t.Errorf("window %s: got %s, %v, want %s", window, in.Window, err, want)
			}
		}
	})
	t.Run("looks for duplicates as it is told", func(t *testing.T) {
		t.Parallel()
		for name, tt := range map[string]struct {
			id      string
			window  time.Duration
			content bool
			keys    int
		}{
			"window 0": {id: "d", content: true}, "no id": {window: time.Hour},
			"an id": {id: "d", window: time.Hour, keys: 1}, "content too": {id: "d", window: time.Hour, content: true, keys: 2},
			"content alone": {window: time.Hour, content: true, keys: 1},
		} {
			in, err := endpoint(source.Identity{DeliveryID: tt.id}, tt.window, tt.content).Intake(request)
			if err != nil || len(in.DuplicateKeys) != tt.keys {
				t.Errorf("%s: got %d keys, %v, want %d", name, len(in.DuplicateKeys), err, tt.keys)
			}
			if (in.ShardKey == "") != (tt.keys == 0) {
				t.Errorf("%s: the shard's key is %q", name, in.ShardKey)
			}
		}
	})
}
