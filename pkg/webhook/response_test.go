package webhook_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/webhook"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := webhook.JSON(http.StatusAccepted, map[string]any{"ok": true})
	if err != nil {
		t.Fatal(err)
	}
	want := webhook.Response{
		Status: http.StatusAccepted,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body:   []byte(`{"ok":true}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if got, err := webhook.JSON(http.StatusOK, func() {}); err == nil {
		t.Errorf("got %+v for what JSON cannot hold, want an error", got)
	}
}

func TestPlainIsNeverTakenForAPage(t *testing.T) {
	t.Parallel()
	got := webhook.Plain(http.StatusOK, "<script>")
	want := webhook.Response{
		Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
		Body:   []byte("<script>"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestQueryLeavesOutWhatCannotBeParsed(t *testing.T) {
	t.Parallel()
	r := &webhook.Request{RawQuery: "a=1&b=%zz&c=x+y&a=2"}
	want := map[string][]string{"a": {"1", "2"}, "c": {"x y"}}
	if diff := cmp.Diff(want, map[string][]string(r.Query())); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
