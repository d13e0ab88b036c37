package circleci_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/circleci"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: circleci.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzCircleCI(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := circleci.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "circleci" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want circleci with duplicates", d, s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const genuine = "v1=734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a" // published
	for name, c := range map[string]struct {
		signature, body string
		want            error
	}{
		"genuine":                {genuine, "hello world", nil},
		"with a version to come": {genuine + ",v2=xyz", "hello world", nil},
		"another version alone":  {"v2" + genuine[2:], "hello world", verify.ErrRejected},
		"changed body":           {genuine, "hello world ", verify.ErrRejected},
		"cut short":              {genuine[:20], "hello world", verify.ErrRejected},
		"none":                   {"", "hello world", verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := circleci.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("secret")}})
			if err == nil {
				header := http.Header{}
				header.Set("circleci-signature", c.signature)
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(c.body)})
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, key, status string
		severity          webhook.Severity
		told              bool
	}{
		"a failed workflow":    {"workflow-completed", "workflow", "failed", webhook.Error, true},
		"it could not start":   {"workflow-completed", "workflow", "unauthorized", webhook.Error, true},
		"one that passed":      {"workflow-completed", "workflow", "success", webhook.Info, false},
		"one that was stopped": {"workflow-completed", "workflow", "canceled", webhook.Warning, false},
		"a failed job":         {"job-completed", "job", "infrastructure_fail", webhook.Error, false},
		"a job never run":      {"job-completed", "job", "not_run", webhook.Debug, false},
		"a status to come":     {"job-completed", "job", "boiled", webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"type":"` + c.kind + `","` + c.key + `":{"status":"` + c.status + `"}}`
			events, err := circleci.Source{}.Events(&webhook.Request{Body: []byte(body)})
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Severity != c.severity || e.Default != c.told {
				t.Errorf("got %s, default %t, want %s, %t", e.Severity, e.Default, c.severity, c.told)
			}
		})
	}
}
