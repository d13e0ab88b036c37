package buildkite_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/buildkite"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: buildkite.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzBuildkite(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := buildkite.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "buildkite" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want buildkite with duplicates", d, s, err)
	}
}

const (
	key   = "test-secret"
	body  = `{"hello":"wörld"}`
	stamp = "1700000000"
)

func TestVerification(t *testing.T) {
	t.Parallel()
	genuine := sign(key)
	if want := "timestamp=1700000000,signature=55f16396e1b806299879a1428131e7e62f13a398dab79180c795777e6de7349f"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	signed := func(values ...string) http.Header { return http.Header{"X-Buildkite-Signature": values} }
	token := func(values ...string) http.Header { return http.Header{"X-Buildkite-Token": values} }
	both := func(signature, token string) http.Header {
		return http.Header{"X-Buildkite-Signature": {signature}, "X-Buildkite-Token": {token}}
	}
	for name, c := range map[string]struct {
		header http.Header
		body   string
		later  time.Duration
		want   error
	}{
		"the signature":               {signed(genuine), body, 0, nil},
		"a changed body":              {signed(genuine), body + " ", 0, verify.ErrRejected},
		"another secret":              {signed(sign("another")), body, 0, verify.ErrRejected},
		"another timestamp":           {signed("timestamp=1700000001" + genuine[20:]), body, 0, verify.ErrRejected},
		"no timestamp":                {signed(genuine[21:]), body, 0, verify.ErrRejected},
		"the timestamp alone":         {signed(genuine[:20]), body, 0, verify.ErrRejected},
		"an empty signature":          {signed(genuine[:31]), body, 0, verify.ErrRejected},
		"a signature cut short":       {signed(genuine[:50]), body, 0, verify.ErrRejected},
		"two signature headers":       {signed(genuine, genuine), body, 0, verify.ErrRejected},
		"an empty signature header":   {signed(""), body, 0, verify.ErrMissing},
		"too old":                     {signed(genuine), body, 6 * time.Minute, verify.ErrOutOfRange},
		"from the future":             {signed(genuine), body, -6 * time.Minute, verify.ErrOutOfRange},
		"the token":                   {token(key), body, 0, nil},
		"an older token":              {token("old"), body, 0, nil},
		"another token":               {token("test-secreT"), body, 0, verify.ErrRejected},
		"a token cut short":           {token("test-secre"), body, 0, verify.ErrRejected},
		"two token headers":           {token(key, key), body, 0, verify.ErrRejected},
		"an empty token":              {token(""), body, 0, verify.ErrMissing},
		"neither":                     {http.Header{}, body, 0, verify.ErrMissing},
		"both":                        {both(genuine, key), body, 0, nil},
		"a wrong signature, a token":  {both(sign("another"), key), body, 0, verify.ErrRejected},
		"an old signature, a token":   {both(genuine, key), body, 6 * time.Minute, verify.ErrOutOfRange},
		"an empty signature, a token": {both("", key), body, 0, verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := buildkite.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New(key)}})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: c.header, Body: []byte(c.body), ReceivedAt: time.Unix(1700000000, 0).Add(c.later)}
			err = v.Verify(t.Context(), r)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("the error %q holds the secret", err)
			}
		})
	}
}

func TestWithoutASecretNothingPasses(t *testing.T) {
	t.Parallel()
	v, err := buildkite.Source{}.Verification(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []http.Header{{"X-Buildkite-Token": {"x"}}, {"X-Buildkite-Signature": {sign("")}}} {
		r := &webhook.Request{Header: header, Body: []byte(body), ReceivedAt: time.Unix(1700000000, 0)}
		if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrNotConfigured) {
			t.Errorf("%v: got %v, want %v", header, err, verify.ErrNotConfigured)
		}
	}
	if got := v.Credentials().Headers; !slices.Contains(got, "X-Buildkite-Token") || !slices.Contains(got, "X-Buildkite-Signature") {
		t.Errorf("got the credentials %v, want the headers of both proofs", got)
	}
}

func TestChallengeAnswersPingOnly(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"event":"ping"}`: true, `{"event":"build.finished"}`: false, `{}`: false, `[]`: false, `ping`: false,
	} {
		if answer, ok := (buildkite.Source{}).Challenge(request(body)); ok != want || ok && answer.Status != http.StatusOK {
			t.Errorf("%s: got %t with %d, want %t with 200", body, ok, answer.Status, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		severity webhook.Severity
		told     bool
	}{
		"a failed build":       {`{"event":"build.finished","build":{"state":"failed"}}`, webhook.Error, true},
		"one that is failing":  {`{"event":"build.failing","build":{"state":"failing"}}`, webhook.Error, false},
		"one that passed":      {`{"event":"build.finished","build":{"state":"passed"}}`, webhook.Info, false},
		"one that was stopped": {`{"event":"build.finished","build":{"state":"canceled"}}`, webhook.Warning, false},
		"one that waits":       {`{"event":"build.finished","build":{"state":"passed","blocked":true}}`, webhook.Debug, false},
		"one that runs":        {`{"event":"build.running","build":{"state":"running"}}`, webhook.Debug, false},
		"one never run":        {`{"event":"build.skipped","build":{"state":"not_run"}}`, webhook.Debug, false},
		"a state to come":      {`{"event":"build.finished","build":{"state":"boiled"}}`, webhook.Info, false},
		"a failed job":         {`{"event":"job.finished","job":{"state":"timed_out"}}`, webhook.Error, false},
		"one that may fail":    {`{"event":"job.finished","job":{"state":"failed","soft_failed":true}}`, webhook.Warning, false},
		"one that never ran":   {`{"event":"job.finished","job":{"state":"broken"}}`, webhook.Debug, false},
		"a lost agent":         {`{"event":"agent.lost","agent":{"name":"a"}}`, webhook.Warning, false},
		"an agent more":        {`{"event":"agent.connected","agent":{"name":"a"}}`, webhook.Info, false},
		"a blocked token":      {`{"event":"cluster_token.registration_blocked"}`, webhook.Warning, false},
		"a package":            {`{"event":"package.created"}`, webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := buildkite.Source{}.Events(request(c.body))
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
	for name, c := range map[string]struct {
		first, second string
		same          bool
	}{
		"the same again":  {`{"event":"build.finished","build":{"id":"a","state":"failed"}}`, `{"event":"build.finished","build":{"id":"a","state":"failed","x":1}}`, true},
		"another state":   {`{"event":"build.finished","build":{"id":"a","state":"failed"}}`, `{"event":"build.finished","build":{"id":"a","state":"passed"}}`, false},
		"another build":   {`{"event":"build.finished","build":{"id":"a","state":"failed"}}`, `{"event":"build.finished","build":{"id":"b","state":"failed"}}`, false},
		"another event":   {`{"event":"build.running","build":{"id":"a"}}`, `{"event":"build.finished","build":{"id":"a"}}`, false},
		"no longer held":  {`{"event":"build.finished","build":{"id":"a","state":"passed","blocked":true}}`, `{"event":"build.finished","build":{"id":"a","state":"passed","blocked":false}}`, false},
		"jobs of a build": {`{"event":"job.finished","job":{"id":"a"},"build":{"id":"z"}}`, `{"event":"job.finished","job":{"id":"b"},"build":{"id":"z"}}`, false},
		"an agent":        {`{"event":"agent.lost","agent":{"id":"a"}}`, `{"event":"agent.connected","agent":{"id":"a"}}`, false},
		"nothing to know": {`{"event":"x","a":1}`, `{"event":"x","a":2}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := buildkite.Source{}.Identify(request(c.first))
			if err != nil {
				t.Fatal(err)
			}
			b, err := buildkite.Source{}.Identify(request(c.second))
			if err != nil || a.DeliveryID == "" || (a.DeliveryID == b.DeliveryID) != c.same || a.Window != time.Minute {
				t.Errorf("got %+v and %+v, %v, want the same: %t, for a minute", a, b, err, c.same)
			}
		})
	}
}

func sign(key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "." + body))
	return "timestamp=" + stamp + ",signature=" + hex.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	mistake := func(name, value string, later time.Duration, says string) verifytest.Mistake {
		v, err := buildkite.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New(key)}})
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: time.Unix(1700000000, 0).Add(later)}
		r.Header.Set(name, value)
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: []secret.Text{secret.New(key)}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"late":                  mistake("X-Buildkite-Signature", sign(key), time.Hour, "signed 3600 s ago"),
		"a newline there":       mistake("X-Buildkite-Signature", sign(key+"\n"), 0, "a trailing newline at the sender"),
		"the token in quotes":   mistake("X-Buildkite-Token", `"`+key+`"`, 0, "sent with quotation marks"),
		"the token as a bearer": mistake("Authorization", "Bearer "+key, 0, "stands in the header Authorization"),
		"a stranger":            mistake("X-Buildkite-Token", "another", 0, ""),
		"a stranger's own":      mistake("X-Buildkite-Signature", sign("another"), 0, ""),
	})
}
