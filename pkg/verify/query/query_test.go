package query_test

import (
	"errors"
	"net/url"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/query"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return query.Verifier{Param: "key", Tokens: secrets}, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.RawQuery = url.Values{"key": {key.Reveal()}, "device": {"7"}}.Encode()
			r.URL += "?" + r.RawQuery
		},
		Credential:   verifytest.Place{Query: "key"},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, scheme()) }

// FuzzRawQuery: whatever the query is, it passes only if the parameter stands
// in it once, with the token.
func FuzzRawQuery(f *testing.F) {
	for _, seed := range []string{
		"key=device-token", "a=1&key=device-token&b=2", "key=device-token&key=device-token", "k%65y=device%2Dtoken",
		"key=%zz", "%zz=1&key=device-token", "key", "key=", "&&=&", "key=a;key=device-token",
	} {
		f.Add(seed)
	}
	v := query.Verifier{Param: "key", Tokens: []secret.Text{secret.New("device-token")}}
	f.Fuzz(func(t *testing.T, raw string) {
		if v.Verify(t.Context(), &webhook.Request{RawQuery: raw}) != nil {
			return
		}
		values, _ := url.ParseQuery(raw)
		if got := values["key"]; len(got) != 1 || got[0] != "device-token" {
			t.Errorf("query %q passed with the values %q, want the token once", raw, got)
		}
	})
}

func TestRawQuery(t *testing.T) {
	t.Parallel()
	v := query.Verifier{Param: "key", Tokens: []secret.Text{secret.New("device token+1")}}
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"among others":                 {"a=1&key=device+token%2B1&b=2", nil},
		"with an escaped name":         {"k%65y=device%20token%2B1", nil},
		"beside one that is broken":    {"%zz=1&key=device+token%2B1", nil},
		"no query":                     {"", verify.ErrMissing},
		"another parameter":            {"token=device+token%2B1", verify.ErrMissing},
		"its name in capitals":         {"KEY=device+token%2B1", verify.ErrMissing},
		"no value":                     {"key", verify.ErrMissing},
		"an empty value":               {"key=", verify.ErrMissing},
		"twice the same":               {"key=device+token%2B1&key=device+token%2B1", verify.ErrRejected},
		"twice, the second is broken":  {"key=device+token%2B1&key=%zz", verify.ErrRejected},
		"twice, the second is escaped": {"key=device+token%2B1&k%65y=x", verify.ErrRejected},
		"a value that is broken":       {"key=%zz", verify.ErrRejected},
		"behind a semicolon":           {"a=1;key=device+token%2B1", verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := v.Verify(t.Context(), &webhook.Request{RawQuery: c.raw}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a, empty := secret.New("a"), secret.New("")
	verifytest.RunSettings(t, query.Definition(), map[string]verifytest.Settings{
		"one token":         {Written: query.Config{Param: "key", Token: a}},
		"several tokens":    {Written: query.Config{Param: "key", Tokens: []secret.Text{a, a}}},
		"no parameter":      {Written: query.Config{Token: a}, Fault: "param"},
		"no token":          {Written: query.Config{Param: "key"}, Fault: "token"},
		"an empty token":    {Written: query.Config{Param: "key", Token: empty}, Fault: "token"},
		"one of them empty": {Written: query.Config{Param: "key", Tokens: []secret.Text{a, empty}}, Fault: "tokens"},
		"both kinds":        {Written: query.Config{Param: "key", Token: a, Tokens: []secret.Text{a}}, Fault: "token"},
	})
}
