package hmac_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// TestSchemesThatMakeNoSense: each is refused, and the error begins with the
// config key at fault.
func TestSchemesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scheme hmac.Scheme
		key    string
	}{
		"no header":                   {hmac.Scheme{}, "header"},
		"an unknown algorithm":        {hmac.Scheme{Header: "X-Sig", Algorithm: "md5"}, "algorithm"},
		"an algorithm in capitals":    {hmac.Scheme{Header: "X-Sig", Algorithm: "SHA256"}, "algorithm"},
		"an unknown encoding":         {hmac.Scheme{Header: "X-Sig", Encoding: "base32"}, "encoding"},
		"the body is not signed":      {hmac.Scheme{Header: "X-Sig", Signed: "v0"}, "signed"},
		"an unknown placeholder":      {hmac.Scheme{Header: "X-Sig", Signed: "{body}{path}"}, "signed"},
		"an empty placeholder":        {hmac.Scheme{Header: "X-Sig", Signed: "{body}{}"}, "signed"},
		"a header without a name":     {hmac.Scheme{Header: "X-Sig", Signed: "{body}{header:}"}, "signed"},
		"a brace that stays open":     {hmac.Scheme{Header: "X-Sig", Signed: "{body}{timestamp"}, "signed"},
		"a timestamp from nowhere":    {hmac.Scheme{Header: "X-Sig", Signed: "{timestamp}{body}"}, "timestamp_header"},
		"a timestamp nobody signed":   {hmac.Scheme{Header: "X-Sig", TimestampHeader: "X-Time"}, "timestamp_header"},
		"a timestamp in another case": {hmac.Scheme{Header: "X-Sig", Signed: "{TIMESTAMP}{body}", TimestampHeader: "X-Time"}, "signed"},
		"a marked timestamp alone":    {hmac.Scheme{Header: "X-Sig", Signed: "{timestamp}{body}", TimestampPrefix: "t="}, "timestamp_prefix"},
		"two timestamps": {
			hmac.Scheme{Header: "X-Sig", Separator: ",", Signed: "{timestamp}{body}", TimestampPrefix: "t=", TimestampHeader: "X-Time"},
			"timestamp_prefix",
		},
		"a marked timestamp nobody signed": {hmac.Scheme{Header: "X-Sig", Separator: ",", TimestampPrefix: "t="}, "timestamp_header"},
		"a prefix that is split":           {hmac.Scheme{Header: "X-Sig", Separator: ",", Prefix: "v1,"}, "separator"},
		"an unknown form of secrets":       {hmac.Scheme{Header: "X-Sig", SecretEncoding: "hex"}, "secret_encoding"},
		"a secret that is not base64":      {hmac.Scheme{Header: "X-Sig", SecretEncoding: "base64"}, "secrets"},
		"a secret that is but its prefix":  {hmac.Scheme{Header: "X-Sig", SecretPrefix: "s"}, "secrets"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := c.scheme.Verifier(verify.Keys{Secrets: []secret.Text{secret.New("s")}})
			if err == nil || v != nil {
				t.Fatalf("got verifier %v and error %v, want an error alone", v, err)
			}
			if !strings.HasPrefix(err.Error(), c.key+":") {
				t.Errorf("got error %q, want one that begins with %q", err, c.key+":")
			}
		})
	}
}

func TestTimestampMayBeSignedUnderItsHeader(t *testing.T) {
	t.Parallel()
	s := hmac.Scheme{Header: "X-Sig", Signed: "{header:x-time}{body}", TimestampHeader: "X-Time"}
	if _, err := s.Verifier(verify.Keys{}); err != nil {
		t.Errorf("got %v, want a verifier", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if got, want := hmac.Definition().Name, "hmac"; got != want {
		t.Errorf("got name %q, want %q", got, want)
	}
	one, empty := []secret.Text{secret.New("s")}, []secret.Text{secret.New(""), {}}
	verifytest.RunSettings(t, hmac.Definition(), map[string]verifytest.Settings{
		"its own secrets":        {Written: hmac.Config{Header: "X-Sig", Secrets: one}},
		"the endpoint's secrets": {Written: hmac.Config{Header: "X-Sig"}, Keys: verify.Keys{Secrets: one}},
		"empty ones are dropped": {Written: hmac.Config{Header: "X-Sig", Secrets: append(empty, one...)}},
		"no secrets at all":      {Written: hmac.Config{Header: "X-Sig"}, Fault: "secrets"},
		"empty secrets of the endpoint": {
			Written: hmac.Config{Header: "X-Sig"}, Keys: verify.Keys{Secrets: empty}, Fault: "secrets",
		},
		"empty secrets of its own do not fall back": {
			Written: hmac.Config{Header: "X-Sig", Secrets: empty}, Keys: verify.Keys{Secrets: one}, Fault: "secrets",
		},
		"an empty list of its own does not fall back": {
			Written: hmac.Config{Header: "X-Sig", Secrets: []secret.Text{}}, Keys: verify.Keys{Secrets: one}, Fault: "secrets",
		},
		"every key is passed on": {
			Written: hmac.Config{
				Header: "X-Sig", Secrets: one, Algorithm: "sha512", Encoding: "base64", Prefix: "v1,",
				Signed: "{timestamp}.{body}", TimestampHeader: "X-Time",
			},
		},
		"a scheme that makes no sense": {Written: hmac.Config{Header: "X-Sig", Secrets: one, Encoding: "rot13"}, Fault: "encoding"},
	})
}

func TestOwnSecretsReplaceTheEndpoints(t *testing.T) {
	t.Parallel()
	own, endpoints := secret.New("its own secret"), secret.New("the endpoint's secret")
	v, err := hmac.New(hmac.Config{Header: "X-Sig", Secrets: []secret.Text{own}},
		verify.Keys{Secrets: []secret.Text{endpoints}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  secret.Text
		want error
	}{"its own": {own, nil}, "the endpoint's": {endpoints, verify.ErrRejected}} {
		r := &webhook.Request{Header: map[string][]string{}, Body: []byte("{}")}
		r.Header.Set("X-Sig", hex.EncodeToString(sum(sha256.New, c.key, "{}")))
		if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// TestWithoutSecrets is an endpoint that a Go plugin mounted before anybody
// set its secret.
func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	v, err := hmac.Scheme{Header: "X-Sig", Prefix: "sha256="}.Verifier(verify.Keys{Secrets: []secret.Text{{}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		values []string
		want   error
	}{
		"no header":           {nil, verify.ErrMissing},
		"an empty header":     {[]string{""}, verify.ErrMissing},
		"any header":          {[]string{"x"}, verify.ErrNotConfigured},
		"signed with nothing": {[]string{"sha256=" + hex.EncodeToString(sum(sha256.New, secret.Text{}, ""))}, verify.ErrNotConfigured},
		"the header twice":    {[]string{"x", "y"}, verify.ErrNotConfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: map[string][]string{"X-Sig": c.values}}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestRejectedValues: what other services write is not what this row wants.
func TestRejectedValues(t *testing.T) {
	t.Parallel()
	key, body := secret.New("correct-horse"), "{}"
	good := hex.EncodeToString(sum(sha256.New, key, body))
	v, err := hmac.Scheme{Header: "X-Sig", Prefix: "v1="}.Verifier(verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"a list of signatures":         "v1=" + good + ",v1=" + good,
		"the prefix in capitals":       "V1=" + good,
		"the prefix twice":             "v1=v1=" + good,
		"a space behind the prefix":    "v1= " + good,
		"white space around":           " v1=" + good + " ",
		"quotes":                       `v1="` + good + `"`,
		"0x":                           "v1=0x" + good,
		"the signature of another key": "v1=" + hex.EncodeToString(sum(sha256.New, secret.New("correct-horsf"), body)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: map[string][]string{"X-Sig": {value}}, Body: []byte(body)}
			if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
				t.Errorf("got %v, want %v", err, verify.ErrRejected)
			}
		})
	}
}

// TestTimestamps: a signed timestamp that is no time is rejected, whoever
// signed it.
func TestTimestamps(t *testing.T) {
	t.Parallel()
	key := secret.New("correct-horse")
	s := hmac.Scheme{Header: "X-Sig", Signed: "{timestamp}.{body}", TimestampHeader: "X-Time"}
	v, err := s.Verifier(verify.Keys{Secrets: []secret.Text{key}, Tolerance: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		stamp string
		want  error
	}{
		"seconds":                 {"1700000000", nil},
		"seconds at the border":   {"1699999990", nil},
		"seconds beyond it":       {"1699999989", verify.ErrOutOfRange},
		"milliseconds":            {"1700000009999", nil},
		"milliseconds beyond it":  {"1700000010001", verify.ErrOutOfRange},
		"twelve digits of second": {"999999999999", verify.ErrOutOfRange},
		"zero":                    {"0", verify.ErrOutOfRange},
		"microseconds":            {"1700000000000000", verify.ErrRejected},
		"negative":                {"-1700000000", verify.ErrRejected},
		"a fraction":              {"1700000000.0", verify.ErrRejected},
		"RFC 3339":                {"2023-11-14T22:13:20Z", verify.ErrRejected},
		"other digits":            {"１７００００００００", verify.ErrRejected},
		"missing":                 {"", verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: map[string][]string{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
			r.Header.Set("X-Time", c.stamp)
			r.Header.Set("X-Sig", hex.EncodeToString(sum(sha256.New, key, c.stamp+".{}")))
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
