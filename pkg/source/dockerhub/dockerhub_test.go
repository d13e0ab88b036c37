package dockerhub_test

import (
	"net/http"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/dockerhub"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: dockerhub.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzDockerHub(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := dockerhub.Definition()
	if d.Name != "dockerhub" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want dockerhub with duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Docker Hub signs nothing")
	}
}

func TestContentIsTheDeliveryID(t *testing.T) {
	t.Parallel()
	const pushed = `{"push_data":{"pushed_at":1,"tag":"a"},"repository":{"repo_name":"acme/web"},"callback_url":"x"}`
	tests := map[string]struct {
		first, second string
		same          bool
	}{
		"the same again":      {pushed, pushed, true},
		"another callback":    {pushed, `{"push_data":{"pushed_at":1,"tag":"a"},"repository":{"repo_name":"acme/web"}}`, true},
		"another time":        {pushed, `{"push_data":{"pushed_at":2,"tag":"a"},"repository":{"repo_name":"acme/web"}}`, false},
		"another tag":         {pushed, `{"push_data":{"pushed_at":1,"tag":"b"},"repository":{"repo_name":"acme/web"}}`, false},
		"another repository":  {pushed, `{"push_data":{"pushed_at":1,"tag":"a"},"repository":{"repo_name":"acme/api"}}`, false},
		"no time to know by":  {`{"push_data":{},"a":1}`, `{"push_data":{},"a":2}`, false},
		"no time, but itself": {`{"push_data":{},"a":1}`, `{"push_data":{},"a":1}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := identify(t, tt.first), identify(t, tt.second)
			if (a.DeliveryID == b.DeliveryID) != tt.same {
				t.Errorf("delivery ids %s and %s, want the same: %t", a.DeliveryID, b.DeliveryID, tt.same)
			}
			if a.DeliveryID == "" || a.Window <= 0 || a.Window > time.Minute {
				t.Errorf("got %+v, want a delivery id for a minute at most", a)
			}
		})
	}
}

func identify(t *testing.T, body string) source.Identity {
	t.Helper()
	id, err := dockerhub.Source{}.Identify(&webhook.Request{
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
