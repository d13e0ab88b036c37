package gitlab_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/gitlab"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: gitlab.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzGitLab(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := gitlab.Definition()
	if d.Name != "gitlab" || d.MaxBody != 25<<20 || !d.Duplicates {
		t.Errorf("got %+v, want gitlab with 25 MiB and duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

const (
	plain     = "a plain token"
	signing   = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	body      = `{"hello":"wörld"}`
	signature = "v1,NRNOjC0MiePnocBNsBL04dHpnZ0yFj3WNLdee6Mj7LI="
	stamp     = "1700000000"
	messageID = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
)

func TestVerification(t *testing.T) {
	t.Parallel()
	signed := map[string]string{"webhook-id": messageID, "webhook-timestamp": stamp, "webhook-signature": signature}
	for name, c := range map[string]struct {
		secrets []string
		header  map[string]string
		body    string
		later   time.Duration
		want    error
	}{
		"the token":                        {[]string{plain}, map[string]string{"X-Gitlab-Token": plain}, body, 0, nil},
		"an older token":                   {[]string{"new", plain}, map[string]string{"X-Gitlab-Token": plain}, body, 0, nil},
		"another token":                    {[]string{plain}, map[string]string{"X-Gitlab-Token": "a plain tokem"}, body, 0, verify.ErrRejected},
		"an empty token":                   {[]string{plain}, map[string]string{"X-Gitlab-Token": ""}, body, 0, verify.ErrMissing},
		"no token":                         {[]string{plain}, nil, body, 0, verify.ErrMissing},
		"the signature":                    {[]string{signing}, signed, body, 0, nil},
		"of several signatures":            {[]string{signing}, with(signed, "webhook-signature", "v1,"+strings.Repeat("A", 43)+"= v1a,x "+signature), body, 0, nil},
		"a changed body":                   {[]string{signing}, signed, `{"hello":"world"}`, 0, verify.ErrRejected},
		"another id":                       {[]string{signing}, with(signed, "webhook-id", "x"), body, 0, verify.ErrRejected},
		"no id":                            {[]string{signing}, with(signed, "webhook-id", ""), body, 0, verify.ErrMissing},
		"too old":                          {[]string{signing}, signed, body, 6 * time.Minute, verify.ErrOutOfRange},
		"from the future":                  {[]string{signing}, signed, body, -6 * time.Minute, verify.ErrOutOfRange},
		"a signing token sent in clear":    {[]string{signing}, map[string]string{"X-Gitlab-Token": signing}, body, 0, verify.ErrMissing},
		"both configured, both sent":       {[]string{plain, signing}, with(signed, "X-Gitlab-Token", plain), body, 0, nil},
		"both configured, older ones sent": {[]string{"new", signing[:6] + "AAAA", signing, plain}, with(signed, "X-Gitlab-Token", plain), body, 0, nil},
		"both configured, the token":       {[]string{signing, plain}, map[string]string{"X-Gitlab-Token": plain}, body, 0, verify.ErrMissing},
		"both configured, the signature":   {[]string{plain, signing}, signed, body, 0, verify.ErrMissing},
		"both configured, another body":    {[]string{plain, signing}, with(signed, "X-Gitlab-Token", plain), `{}`, 0, verify.ErrRejected},
		"both configured, too old":         {[]string{plain, signing}, with(signed, "X-Gitlab-Token", plain), body, 6 * time.Minute, verify.ErrOutOfRange},
		"both configured, another token":   {[]string{plain, signing}, with(signed, "X-Gitlab-Token", "x"), body, 0, verify.ErrRejected},
		"both configured, none sent":       {[]string{plain, signing}, nil, body, 0, verify.ErrMissing},
		"both configured, one sent, wrong": {[]string{plain, signing}, map[string]string{"X-Gitlab-Token": "x"}, body, 0, verify.ErrRejected},
		"nothing configured":               {nil, map[string]string{"X-Gitlab-Token": plain}, body, 0, verify.ErrNotConfigured},
		"nothing configured, none sent":    {nil, nil, body, 0, verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{}, Body: []byte(c.body), ReceivedAt: time.Unix(1700000000, 0).Add(c.later)}
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			var keys verify.Keys
			for _, s := range c.secrets {
				keys.Secrets = append(keys.Secrets, secret.New(s))
			}
			v, err := gitlab.Source{}.Verification(keys)
			if err != nil {
				t.Fatal(err)
			}
			err = v.Verify(t.Context(), r)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			for _, s := range c.secrets {
				if err != nil && strings.Contains(err.Error(), s) {
					t.Errorf("the error %q holds a secret", err)
				}
			}
			if got := v.Credentials().Headers; !slices.Contains(got, "X-Gitlab-Token") || !slices.Contains(got, "webhook-signature") {
				t.Errorf("got the credentials %v, want the headers of both proofs", got)
			}
		})
	}
}

func with(header map[string]string, name, value string) map[string]string {
	changed := map[string]string{name: value}
	for n, v := range header {
		if n != name {
			changed[n] = v
		}
	}
	return changed
}

func TestASigningTokenMustBeOne(t *testing.T) {
	t.Parallel()
	v, err := gitlab.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("whsec_not base64!")}})
	if err == nil || v != nil || strings.Contains(err.Error(), "not base64!") {
		t.Errorf("got %v and error %v, want an error that does not tell the secret", v, err)
	}
}

// Hooks that set off one another share the id of their cause: only where the
// content is the same too is it the same delivery.
func TestDeliveriesOfOneCauseAreTold(t *testing.T) {
	t.Parallel()
	id := func(header, value, body string) string {
		r := &webhook.Request{Header: http.Header{"X-Gitlab-Event": {"Push Hook"}}, Body: []byte(body)}
		r.Header.Set(header, value)
		got, err := gitlab.Source{}.Identify(r)
		if err != nil {
			t.Fatal(err)
		}
		return got.DeliveryID
	}
	first, again, other := id("X-Gitlab-Event-UUID", "u", `{"a":1}`), id("X-Gitlab-Event-UUID", "u", `{"a":1}`), id("X-Gitlab-Event-UUID", "u", `{"a":2}`)
	if first != again || first == other || first == "" {
		t.Errorf("got %q, %q and %q, want the first two alike and the third not", first, again, other)
	}
	if a, b := id("Idempotency-Key", "k", `{"a":1}`), id("Idempotency-Key", "k", `{"a":2}`); a != "k" || b != "k" {
		t.Errorf("got %q and %q, want GitLab's own key", a, b)
	}
	if got := id("X-Other", "", `{}`); got != "" {
		t.Errorf("got %q without any id, want none", got)
	}
}

func TestLongTextsAreCutShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("語", 1<<18)
	r := &webhook.Request{Header: http.Header{}, Body: []byte(`{"object_kind":"issue","user":{"name":"` + long + `"},"object_attributes":
		{"iid":1,"action":"open","title":"` + long + `","description":"` + long + `"},"labels":[{"title":"` + long + `"}]}`)}
	events, err := gitlab.Source{}.Events(r)
	if err != nil {
		t.Fatal(err)
	}
	m := gitlab.Source{}.Message(events[0], source.English, source.Full)
	size := len(m.Title)
	for _, span := range m.Body {
		size += len(span.Text)
	}
	if limit := 4 << 10; size > limit {
		t.Errorf("the message has %d bytes, want %d at most", size, limit)
	}
}
