package config_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/config"
)

// partial reads a config that has faults.
func partial(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("f", []byte(text), lookup)
	if err == nil || cfg == nil || !errors.Is(err, cfg.Err()) {
		t.Fatalf("got %v and error %v, want a config beside its faults", cfg, err)
	}
	return cfg
}

func TestWhatCouldBeReadIsGivenBesideTheFaults(t *testing.T) {
	t.Parallel()
	cfg := partial(t, "locale: fr\nhttp: {listen: 'a:1'}\naccounts: {a: '${NO}'}\nchats: {t: '${NO}', u: [x], v: a-b}\n")
	if cfg.HTTP.Listen != "a:1" || cfg.Chats["v"].Key != "a-b" {
		t.Errorf("got %+v, want what has no fault", cfg.HTTP)
	}
	if cfg.Accounts["a"] == nil || cfg.Chats["t"] == nil || cfg.Chats["u"] == nil {
		t.Errorf("got accounts %v and chats %v, want the faulty ones known by name", cfg.Accounts, cfg.Chats)
	}
	if err := parse(t, "locale: ja").Err(); err != nil {
		t.Errorf("a good config: got Err %v", err)
	}
}

func TestWhatIsNoYAMLGivesNoConfig(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no YAML": "a: [", "two documents": "a: 1\n---\nb: 1", "not UTF-8": "\xff"} {
		if cfg, err := config.Parse("f", []byte(text), lookup); cfg != nil || err == nil {
			t.Errorf("%s: got %v and error %v, want an error alone", name, cfg, err)
		}
	}
}

func TestAFaultOfTheFileExplainsOthers(t *testing.T) {
	t.Parallel()
	hook := "plugins:\n  a.b:\n    webhooks:\n      /x: {%s}\n      /x.y: {}\n"
	x := []string{"plugins", "a.b", "webhooks", "/x"}
	cases := map[string]struct {
		file string
		at   []string
		told bool
	}{
		"at the same place":                 {"source: '${NO}'", append(x, "source"), true},
		"in what lies within":               {"secrets: ['${NO}']", append(x, "secrets"), true},
		"of what it lies in":                {"secrets: 7", append(x, "secrets", "more"), true},
		"far within":                        {"notify: [{to: '${NO}'}]", x, true},
		"beside it":                         {"source: '${NO}'", append(x, "secrets"), false},
		"of a path that begins in that way": {"source: '${NO}'", []string{"plugins", "a.b", "webhooks", "/x.y"}, false},
		"of a key that is written twice":    {"source: github, source: gitlab", append(x, "source", "more"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := partial(t, fmt.Sprintf(hook, c.file)).At(c.at...)
			if got := at.Told(); got != c.told {
				t.Errorf("%s: got told %v, want %v", at.Path(), got, c.told)
			}
		})
	}
}

func TestUntoldLeavesOutWhatIsExplained(t *testing.T) {
	t.Parallel()
	cfg := partial(t, "http: {listen: 1}\naccounts: {a: {token: '${NO}', limits: {rate: x}}, b: {limits: {rate: x}}}\n")
	at := func(keys ...string) config.Node { return cfg.At(keys...) }
	cause := errors.New("cause")
	got := config.Untold(
		at("http", "listen").Wrap(cause),
		at("accounts", "a").Without("limits").Errorf("token is missing"),
		at("accounts", "b").Without("limits").Errorf("token is missing"),
		at("accounts", "b").Itself().Errorf("no such account"),
		errors.New("nowhere"), nil,
	)
	want := "f:2:52: accounts.b: token is missing\nf:2:52: accounts.b: no such account\nnowhere"
	if diff := cmp.Diff(want, got.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := config.Untold(at("http").Wrap(cause)); err != nil {
		t.Errorf("got %v, want nothing", err)
	}
}

func TestJoinSaysEachFaultOnce(t *testing.T) {
	t.Parallel()
	n := parse(t, "locale: en\nhttp: {listen: 'a:1'}\n")
	a, b := n.At("locale").Errorf("a"), n.At("http", "listen").Errorf("b")
	got := config.Join(b, errors.New("last"), errors.Join(a, b), fmt.Errorf("settings: %w", a))
	if want := "postern.yaml:1:9: locale: a\npostern.yaml:2:16: http.listen: b\nlast"; got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if !errors.Is(got, a) {
		t.Error("the joined error is not what it joins")
	}
}

func TestWrapPlacesEachOfSeveralErrors(t *testing.T) {
	t.Parallel()
	at := parse(t, "locale: en\n").At("locale")
	one, two := errors.New("one"), errors.New("two")
	cases := map[string]struct {
		err  error
		want string
	}{
		"joined":              {errors.Join(one, two), "postern.yaml:1:9: locale: one\npostern.yaml:1:9: locale: two"},
		"two in one sentence": {fmt.Errorf("%w, and %w", one, two), "postern.yaml:1:9: locale: one, and two"},
		"with a place":        {at.Errorf("mine"), "postern.yaml:1:9: locale: mine"},
	}
	for name, c := range cases {
		if got := at.Wrap(c.err); got.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
	if err := at.Wrap(nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestCompleteTellsWhetherANameMayBeMissing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		file string
		want bool
	}{
		"another fault":          {"locale: fr", true},
		"one entry has a fault":  {"chats: {a: [x]}", true},
		"one of the names":       {"chats: {My-Chat: a-b}", true},
		"no map":                 {"chats: [a]", false},
		"a merge key":            {"chats: {<<: {a: b-c}}", false},
		"its name is misspelt":   {"chat: {a: b-c}", false},
		"another key is unknown": {"colour: red", true},
	}
	for name, c := range cases {
		if got := partial(t, c.file).Complete("chats"); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if !config.Default().Complete("chats") {
		t.Error("the defaults are not complete")
	}
}

func TestItemGivesThePlaceOfEach(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "http: {trusted_proxies: [10.0.0.1, 10.0.0.2]}\nlocale: en\n")
	list := cfg.At("http", "trusted_proxies")
	got := []string{list.Item(1).String(), list.Item(1).Path(), list.Item(2).Path(), cfg.At("locale").Item(0).Path()}
	want := []string{"postern.yaml:1:36", "http.trusted_proxies[1]", "http.trusted_proxies", "locale"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestARetryTakesWhatItLeavesOutFromAbove(t *testing.T) {
	t.Parallel()
	c := parse(t, strings.Join([]string{
		"retry: {max: 7m}",
		"accounts: {a: {retry: {attempts: 3}}, b: {}}",
		"chats:",
		"  one: {key: a-x, retry: {first: 2s}}",
		"  two: {key: b-x, retry: {first: 2s}}",
		"  three: {type: t, retry: {first: 2s}}",
	}, "\n"))
	for alias, attempts := range map[string]int{"one": 3, "two": 0, "three": 0} {
		r := c.Chats[alias].Options.Retry
		if r.Attempts != attempts || r.First != 2*time.Second || r.Max != 7*time.Minute {
			t.Errorf("%s: got %+v, want %d attempts, first 2s, max 7m", alias, *r, attempts)
		}
	}
}

func TestNoVerbShowsASecret(t *testing.T) {
	t.Parallel()
	cfg := load(t, filepath.Join("testdata", "full.yaml"))
	shown := []any{cfg, *cfg, cfg.API, cfg.Redis}
	for _, a := range cfg.Accounts {
		shown = append(shown, a, *a)
	}
	for _, c := range cfg.Chats {
		shown = append(shown, c, *c)
	}
	for _, p := range cfg.Plugins {
		shown = append(shown, p, *p)
		for _, e := range p.Webhooks {
			shown = append(shown, e, *e, e.Verify, e.Notify)
		}
	}
	for _, v := range shown {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range []string{"env-", "literal-secret", "token-literal", "literal-hook"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of a %T shows %s: %s", verb, v, secret, text)
				}
			}
		}
	}
}
