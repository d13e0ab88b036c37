package routing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/chat"
)

const chatsFile = `
retry: {first: 3s}
accounts:
  forum: {ordering: strict, locale: ja, retry: {first: 7s}}
  duty: {type: pager, url: "http://x", on_unknown: hold}
chats:
  team: forum-group_1
  slow: {key: forum-group_2, limits: {rate: 20/m}, ordering: none, locale: zh, retry: {first: 9s}}
  also_slow: forum-group_2
  oncall: duty-default
  direct: {type: pager, url: "http://y"}
`

func TestDirectoryResolves(t *testing.T) {
	t.Parallel()
	dir := build(t, chatsFile).Directory
	type known struct {
		Name, Key, Lane, Channel string
		Ordering                 routing.Ordering
		Hold                     bool
		First                    time.Duration
		Rates                    []chat.Rate
		Locale                   string
	}
	perSecond := []chat.Rate{{Count: 1, Per: time.Second}}
	slow := known{"slow", "forum-group_2", "forum", "group_2", "none", false, 9 * time.Second, []chat.Rate{{Count: 20, Per: time.Minute}}, "zh"}
	named := func(k known, name, locale string) known { k.Name, k.Locale = name, locale; return k }
	cases := map[string]known{
		"team":          {"team", "forum-group_1", "forum", "group_1", "strict", false, 7 * time.Second, perSecond, "ja"},
		"slow":          slow,
		"also_slow":     named(slow, "also_slow", "ja"),
		"forum-group_2": named(slow, "forum-group_2", "zh"),
		"forum-group_9": {"forum-group_9", "forum-group_9", "forum", "group_9", "strict", false, 7 * time.Second, perSecond, "ja"},
		"oncall":        {"oncall", "duty-default", "pager", "default", "none", true, 3 * time.Second, nil, ""},
		"duty-default":  {"duty-default", "duty-default", "pager", "default", "none", true, 3 * time.Second, nil, ""},
		"direct":        {"direct", "pager-direct", "pager", "default", "none", false, 3 * time.Second, nil, ""},
		"pager-direct":  {"pager-direct", "pager-direct", "pager", "default", "none", false, 3 * time.Second, nil, ""},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := dir.Resolve(name)
			if err != nil {
				t.Fatalf("got error %v, want a chat", err)
			}
			got := known{c.Name, c.Key.String(), c.Lane, c.Channel, c.Ordering, c.HoldLost, c.Retry.First, c.Limits.Chat, string(c.Locale)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if c.Sender == nil {
				t.Error("got no Sender")
			}
		})
	}
}

// One webhook under two names, in two languages, is one place for the platform: what
// it lets that place hear, both names share.
func TestInlineChatsThatAreOnePlaceShareItsLimits(t *testing.T) {
	t.Parallel()
	dir := build(t, `
chats:
  here: {type: pager, url: "http://y", limits: {rate: 1/s}}
  hier: {type: pager, url: "http://y", locale: ja, limits: {rate: 1/s}}
  there: {type: pager, url: "http://z", limits: {rate: 1/s}}
`).Directory
	account := func(name string) (string, []chat.Rate) {
		c, err := dir.Resolve(name)
		if err != nil {
			t.Fatal(err)
		}
		return c.Account, c.Limits.Account
	}
	shared := []chat.Rate{{Count: 1, Per: time.Second}}
	for name, want := range map[string]struct {
		account string
		limits  []chat.Rate
	}{"here": {"pager-here", shared}, "hier": {"pager-here", shared}, "there": {"pager-there", nil}} {
		if of, limits := account(name); of != want.account || !cmp.Equal(limits, want.limits) {
			t.Errorf("%s is of %s with %v, want %s with %v", name, of, limits, want.account, want.limits)
		}
	}
}

func TestDirectoryListsItsCredentials(t *testing.T) {
	t.Parallel()
	type listed struct{ Name, Type, Chat string }
	var got []listed
	file := strings.Replace(chatsFile, "accounts:\n", "accounts:\n  quiet: {type: pager, url: z}\n  club: {type: forum}\n", 1)
	for _, a := range build(t, file).Directory.Accounts() {
		got = append(got, listed{a.Name, a.Type, a.Chat})
		if a.Sender == nil {
			t.Errorf("%s has no Sender", a.Name)
		}
	}
	want := []listed{
		{"club", "forum", ""},
		{"duty", "pager", "oncall"},
		{"forum", "forum", "also_slow"},
		{"quiet", "pager", "quiet-default"},
		{"direct", "pager", "direct"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDirectoryKnowsNoOthers(t *testing.T) {
	t.Parallel()
	dir := build(t, chatsFile).Directory
	for _, name := range []string{"", "nobody", "slack-x", "forum-private_1", "duty-other", "pager-other", "forum", "forum-", "team-x"} {
		_, err := dir.Resolve(name)
		if !errors.Is(err, routing.ErrUnknownChat) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want ErrUnknownChat with the name", name, err)
		}
	}
	for name, why := range map[string]string{
		"forum-private_1": "begins with group_", "duty-other": "has no channels", "slack-x": `unknown chat "slack-x"`,
	} {
		if _, err := dir.Resolve(name); !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %q in it", name, err, why)
		}
	}
	if _, ok := dir.ByKey("team"); ok {
		t.Error("ByKey took an alias, want keys only")
	}
	if c, ok := dir.ByKey("forum-group_2"); !ok || c.Ordering != routing.Unordered {
		t.Errorf("ByKey: got %+v %v, want the chat with its alias's options", c, ok)
	}
	if diff := cmp.Diff([]string{"forum", "pager"}, dir.Lanes()); diff != "" {
		t.Errorf("Lanes (-want +got):\n%s", diff)
	}
	var aliases []string
	for _, c := range dir.All() {
		aliases = append(aliases, c.Name)
	}
	if diff := cmp.Diff([]string{"also_slow", "direct", "oncall", "slow", "team"}, aliases); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
}

func TestDirectoryFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ file, want string }{
		"an account of an unknown type": {
			"accounts:\n  chat: {type: forun}\n", `postern.yaml:2:16: accounts.chat.type: unknown type of chat "forun", did you mean forum?`,
		},
		"a chat of an unknown account names the known ones": {
			"accounts:\n  forum: {}\nchats:\n  team: slack-x\n", `postern.yaml:4:9: chats.team: unknown account "slack", known are forum`,
		},
		"an alias of an alias": {
			"accounts:\n  forum: {}\nchats:\n  a: forum-group_1\n  b: {key: a}\n", `postern.yaml:5:12: chats.b.key: is no chat key`,
		},
		"a channel that the platform cannot have": {
			"accounts:\n  forum: {}\nchats:\n  a: forum-room_1\n", "chats.a: a forum's channel begins with group_",
		},
		"a channel of an account that has none": {
			"accounts:\n  pager: {url: x}\nchats:\n  a: pager-room\n", "chats.a: the account pager has no channels: its only chat is pager-default",
		},
		"an inline chat of a type that is an account": {
			"accounts:\n  pager: {url: x}\nchats:\n  a: {type: pager, url: x}\n", "chats.a: would be shown as pager-a",
		},
		"an inline chat of many channels": {
			"chats:\n  a: {type: forum}\n", "postern.yaml:2:3: chats.a: a forum like this one reaches many channels: make it an account",
		},
		"a setting that the platform misses": {
			"accounts:\n  pager: {}\n", "postern.yaml:2:3: accounts.pager: pager: url: it is missing",
		},
		"a setting that the platform does not know": {
			"accounts:\n  pager: {url: x, colour: red}\n", "accounts.pager.colour: unknown key",
		},
		"a panic in a platform": {
			"accounts:\n  panicky: {}\n", "accounts.panicky: panic: ouch",
		},
		"two aliases that say how one chat is spoken to": {
			"accounts:\n  forum: {}\nchats:\n  a: {key: forum-group_1, ordering: none}\n  b: {key: forum-group_1, ordering: strict}\n",
			`chats.b: the same chat as "a"`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, c.file, c.want)
		})
	}
}

// wantFault wants a config to be refused with one fault that holds a text.
func wantFault(t *testing.T, file, want string) {
	t.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(file), func(string) (string, bool) { return "", false })
	if err == nil {
		_, err = routing.Build(cfg, parts())
	}
	if err == nil {
		t.Fatalf("got no error, want %q", want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got error\n%v\nwant one fault that holds\n%s", err, want)
	}
}

// line is a Sender that holds a connection.
type line struct {
	sender
	closed *int
	fault  error
}

func (l line) Close() error {
	*l.closed++
	if l.fault == nil {
		return nil
	}
	panic(l.fault)
}

func TestCloseReachesEverySenderOnce(t *testing.T) {
	t.Parallel()
	closed := 0
	platforms := []chat.Definition{
		chat.Define("line", func(struct{}, chat.Tools) (line, error) {
			return line{sender: sender{can: chat.Capabilities{Channels: true}}, closed: &closed}, nil
		}),
		chat.Define("bad", func(struct{}, chat.Tools) (line, error) {
			return line{closed: &closed, fault: errors.New("stuck")}, nil
		}),
		chat.Define("single", func(struct{}, chat.Tools) (line, error) { return line{closed: &closed}, nil }),
		chat.Define("pager", func(struct{}, chat.Tools) (sender, error) { return sender{}, nil }),
	}
	cfg := parse(t, `
accounts: {bad: {}, main: {type: line}, other: {type: line}, pager: {}}
chats: {one: main-a, two: main-b, three: other-a, direct: {type: single}}
`)
	dir, err := routing.BuildDirectory(cfg, platforms, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err == nil || !strings.Contains(err.Error(), "stuck") {
		t.Errorf("got %v, want the one fault", err)
	}
	if closed != 4 {
		t.Errorf("%d were closed, want 4: three accounts and an inline chat", closed)
	}
}
