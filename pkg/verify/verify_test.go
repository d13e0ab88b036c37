package verify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// answer is a Verifier that always says the same, and notes that it was asked.
type answer struct {
	err   error
	names verify.Credentials
	asked *int
}

func (a answer) Verify(context.Context, *webhook.Request) error {
	if a.asked != nil {
		*a.asked++
	}
	return a.err
}

func (a answer) Credentials() verify.Credentials { return a.names }

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		is   error
		text string
	}{
		"missing":        {verify.Missing("the X-Sig header is missing"), verify.ErrMissing, "the X-Sig header is missing"},
		"rejected":       {verify.Reject("the seal is wrong"), verify.ErrRejected, "the seal is wrong"},
		"not configured": {verify.NotConfigured(), verify.ErrNotConfigured, "no secret is configured for this endpoint"},
		"unavailable":    {verify.Unavailable(errors.New("no route to host")), verify.ErrUnavailable, "no route to host"},
		"out of range": {
			verify.OutOfRange(6*time.Minute, 5*time.Minute), verify.ErrOutOfRange,
			"the signed timestamp is off by 6m0s, 5m0s is tolerated",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := []error{
				verify.ErrMissing, verify.ErrRejected, verify.ErrOutOfRange, verify.ErrNotConfigured, verify.ErrUnavailable,
			}
			for _, kind := range all {
				if got, want := errors.Is(c.err, kind), kind.Error() == c.is.Error(); got != want {
					t.Errorf("errors.Is(%q, %q): got %v, want %v", c.err, kind, got, want)
				}
			}
			if c.err.Error() != c.text {
				t.Errorf("got text %q, want %q", c.err.Error(), c.text)
			}
		})
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	yes, no, gone := answer{}, answer{err: verify.Reject("no")}, answer{err: verify.Missing("gone")}
	for name, c := range map[string]struct {
		checks []verify.Verifier
		want   error
	}{
		"no check refuses everything":   {nil, verify.ErrNotConfigured},
		"one that passes":               {[]verify.Verifier{yes}, nil},
		"one that refuses":              {[]verify.Verifier{no}, verify.ErrRejected},
		"all pass":                      {[]verify.Verifier{yes, yes, yes}, nil},
		"the last refuses":              {[]verify.Verifier{yes, yes, no}, verify.ErrRejected},
		"the first refusal is told":     {[]verify.Verifier{yes, gone, no}, verify.ErrMissing},
		"an empty All in another":       {[]verify.Verifier{yes, verify.All()}, verify.ErrNotConfigured},
		"an All of one inside of a All": {[]verify.Verifier{yes, verify.All(no)}, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := verify.All(c.checks...).Verify(t.Context(), &webhook.Request{}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAllStopsAtTheFirstRefusal(t *testing.T) {
	t.Parallel()
	asked := 0
	v := verify.All(answer{err: verify.Reject("no")}, answer{asked: &asked})
	if err := v.Verify(t.Context(), &webhook.Request{}); err == nil || asked != 0 {
		t.Errorf("got error %v and %d further checks asked, want a refusal and none", err, asked)
	}
}

func TestAllNamesEveryCredential(t *testing.T) {
	t.Parallel()
	v := verify.All(
		answer{names: verify.Credentials{Headers: []string{"X-A"}}},
		answer{names: verify.Credentials{Headers: []string{"X-B"}, Query: []string{"token"}, Params: []string{"key"}}},
	)
	got := v.Credentials()
	if !slices.Equal(got.Headers, []string{"X-A", "X-B"}) || !slices.Equal(got.Query, []string{"token"}) ||
		!slices.Equal(got.Params, []string{"key"}) {
		t.Errorf("got %+v, want X-A, X-B, token and key", got)
	}
}

func TestDefine(t *testing.T) {
	t.Parallel()
	type config struct{ Word string }
	d := verify.Define("word", func(c config, _ verify.Keys) (*answer, error) {
		if c.Word == "" {
			return nil, errors.New("word: none is set")
		}
		return &answer{err: verify.Reject(c.Word)}, nil
	})
	fill := func(word string) func(any) error {
		return func(into any) error {
			c, ok := into.(*config)
			if !ok {
				return errors.New("not the scheme's own settings")
			}
			c.Word = word
			return nil
		}
	}
	if v, err := d.Build(fill("no"), verify.Keys{}); err != nil || v.Verify(t.Context(), nil).Error() != "no" {
		t.Errorf("got verifier %v and error %v, want one that says no", v, err)
	}
	if v, err := d.Build(fill(""), verify.Keys{}); err == nil || v != nil {
		t.Errorf("got verifier %v and error %v, want an error and a nil Verifier, not a typed nil", v, err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   string
		err    error
	}{
		"one":           {http.Header{"X-Sig": {"abc"}}, "abc", nil},
		"none":          {http.Header{"X-Other": {"abc"}}, "", verify.ErrMissing},
		"no headers":    {nil, "", verify.ErrMissing},
		"empty":         {http.Header{"X-Sig": {""}}, "", verify.ErrMissing},
		"two":           {http.Header{"X-Sig": {"abc", "abc"}}, "", verify.ErrRejected},
		"one and empty": {http.Header{"X-Sig": {"", "abc"}}, "", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := verify.Header(&webhook.Request{Header: c.header}, "x-sig")
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q and error %v, want %q and %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	old, current, empty := secret.New("old"), secret.New("current"), secret.New("")
	for name, c := range map[string]struct {
		given   string
		secrets []secret.Text
		want    bool
	}{
		"the first":              {"old", []secret.Text{old, current}, true},
		"the last":               {"current", []secret.Text{old, current}, true},
		"two the same":           {"old", []secret.Text{old, old, old}, true},
		"neither":                {"older", []secret.Text{old, current}, false},
		"a prefix":               {"curr", []secret.Text{old, current}, false},
		"nothing is configured":  {"", nil, false},
		"an empty one is none":   {"", []secret.Text{empty, {}}, false},
		"empty against a secret": {"", []secret.Text{old}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := verify.Match(c.given, c.secrets); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func FuzzTimestamp(f *testing.F) {
	for _, seed := range []string{"1700000000", "1700000000123", "", "-1", "+1", "1e9", "99999999999999999999", "0x10", "１"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := verify.Timestamp(text)
		if digits := strings.Trim(text, "0123456789") == ""; err == nil && (!digits || text == "") {
			t.Errorf("got %v for %q, want an error: it is not a number", at, text)
		}
		if err != nil && !errors.Is(err, verify.ErrRejected) {
			t.Errorf("got %v for %q, want %v", err, text, verify.ErrRejected)
		}
	})
}

func TestFresh(t *testing.T) {
	t.Parallel()
	arrived := time.Unix(1_700_000_000, 0)
	for name, c := range map[string]struct {
		signed    time.Time
		tolerance time.Duration
		want      error
	}{
		"now":                        {arrived, time.Second, nil},
		"at the border":              {arrived.Add(-time.Second), time.Second, nil},
		"at the other border":        {arrived.Add(time.Second), time.Second, nil},
		"too old":                    {arrived.Add(-time.Second - 1), time.Second, verify.ErrOutOfRange},
		"too new":                    {arrived.Add(time.Second + 1), time.Second, verify.ErrOutOfRange},
		"no tolerance means 5m":      {arrived.Add(5 * time.Minute), 0, nil},
		"and not more":               {arrived.Add(5*time.Minute + 1), 0, verify.ErrOutOfRange},
		"further than a Duration":    {time.Unix(1<<40, 0), time.Second, verify.ErrOutOfRange},
		"as far into the past":       {time.Unix(-1<<40, 0), time.Second, verify.ErrOutOfRange},
		"a negative tolerance is 5m": {arrived.Add(time.Minute), -time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := verify.Fresh(c.signed, &webhook.Request{ReceivedAt: arrived}, c.tolerance)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a, b, empty := secret.New("a"), secret.New("b"), secret.New("")
	for name, c := range map[string]struct {
		one     secret.Text
		several []secret.Text
		want    []string
		key     string // at fault
	}{
		"token":              {one: a, want: []string{"a"}},
		"tokens":             {several: []secret.Text{a, b}, want: []string{"a", "b"}},
		"neither":            {key: "token"},
		"an empty token":     {one: empty, key: "token"},
		"an empty list":      {several: []secret.Text{}, key: "token"},
		"an empty one of it": {several: []secret.Text{a, empty}, key: "tokens"},
		"both":               {one: a, several: []secret.Text{b}, key: "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens, err := verify.Tokens(c.one, c.several)
			if (err == nil) != (c.key == "") || err != nil && !strings.HasPrefix(err.Error(), c.key+":") {
				t.Fatalf("got error %v, want one about %q", err, c.key)
			}
			var got []string
			for _, text := range tokens {
				got = append(got, text.Reveal())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
