package forge_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func event(actor string) webhook.Event {
	return webhook.Event{
		Source: "acme", Type: "push", Actor: webhook.Party{Name: actor},
		Container: webhook.Party{Name: "acme/widgets", URL: "https://git.example.com/acme/widgets"},
	}
}

func TestPushHeadlines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		push     forge.Push
		want     string
		severity webhook.Severity
	}{
		"one commit":          {forge.Push{Ref: "main", Count: 1}, "[acme/widgets] mona pushed 1 commit to main", webhook.Info},
		"several":             {forge.Push{Ref: "main", Count: 3}, "[acme/widgets] mona pushed 3 commits to main", webhook.Info},
		"more than was told":  {forge.Push{Ref: "main", Count: 1, More: true}, "[acme/widgets] mona pushed 1+ commits to main", webhook.Info},
		"nobody knows":        {forge.Push{Ref: "main", Unknown: true}, "[acme/widgets] mona pushed to main", webhook.Info},
		"forced":              {forge.Push{Ref: "main", Count: 2, Deed: forge.Forced}, "[acme/widgets] mona force-pushed 2 commits to main", webhook.Warning},
		"a new branch":        {forge.Push{Ref: "x", Deed: forge.Created}, "[acme/widgets] mona created branch x", webhook.Info},
		"a new one with work": {forge.Push{Ref: "x", Count: 2, Deed: forge.Created}, "[acme/widgets] mona created branch x with 2 commits", webhook.Info},
		"a tag that is gone":  {forge.Push{Ref: "v1", Tag: true, Deed: forge.Deleted}, "[acme/widgets] mona deleted tag v1", webhook.Warning},
		"one with commits":    {forge.Push{Ref: "x", Count: 2, Deed: forge.Deleted}, "[acme/widgets] mona deleted branch x", webhook.Warning},
		"nothing known":       {forge.Push{}, "[acme/widgets] mona pushed to unknown", webhook.Info},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event("mona")
			c.push.Tell(&e)
			if e.Title != c.want || e.Severity != c.severity || !e.Default {
				t.Errorf("got %q, %s, default %v, want %q, %s and default", e.Title, e.Severity, e.Default, c.want, c.severity)
			}
			if m := forge.Message(e, source.English, source.Compact); m.Title != c.want {
				t.Errorf("the compact message says %q, want %q", m.Title, c.want)
			}
		})
	}
}

func TestALongPushIsCutShort(t *testing.T) {
	t.Parallel()
	p := forge.Push{Ref: "main", Count: 9, Commits: make([]forge.Commit, 9)}
	e := event("mona")
	p.Tell(&e)
	var text strings.Builder
	for _, span := range forge.Message(e, source.English, source.Full).Body {
		text.WriteString(span.Text)
	}
	want := strings.Repeat("unknown\n", forge.Listed) + "and 4 more"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestItemHeadlines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		item  forge.Item
		actor string
		title string
		want  string
	}{
		"with a title":        {forge.Item{Noun: forge.Issue(), Name: "#7", Deed: "closed"}, "mona", "It is slow", "[acme/widgets] mona closed issue #7: It is slow"},
		"its name is all":     {forge.Item{Noun: forge.Release(true), Name: "v1", Deed: "published"}, "mona", "v1", "[acme/widgets] mona published pre-release v1"},
		"nobody did it":       {forge.Item{Noun: forge.Release(false), Name: "v1", Deed: "published"}, "", "", "[acme/widgets] release v1 was published"},
		"somebody must have":  {forge.Item{Noun: forge.Issue(), Name: "#7", Deed: "closed"}, "", "", "[acme/widgets] unknown closed issue #7"},
		"a deed without word": {forge.Item{Noun: forge.Issue(), Name: "#7", Deed: "boiled"}, "mona", "Egg", "[acme/widgets] push by mona: Egg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(c.actor)
			e.Subject.Title = c.title
			c.item.Tell(&e)
			if e.Title != c.want {
				t.Errorf("got %q, want %q", e.Title, c.want)
			}
		})
	}
}

func TestLineHeadlines(t *testing.T) {
	t.Parallel()
	added := source.Words{English: "{who} let {member} in", Japanese: "{who} が {member} を追加しました", Chinese: "{who} 添加了 {member}"}
	member := []forge.Place{{Name: "member", Value: forge.Same("hubot")}}
	for name, c := range map[string]struct {
		line  forge.Line
		actor string
		place string
		title string
		want  string
	}{
		"its title is named already": {forge.Line{Wording: added, Places: member}, "mona", "acme", "hubot", "[acme] mona let hubot in"},
		"with a title":               {forge.Line{Wording: added, Places: member}, "mona", "acme", "for a week", "[acme] mona let hubot in: for a week"},
		"of no place":                {forge.Line{Wording: added, Places: member}, "mona", "", "", "mona let hubot in"},
		"nothing known":              {forge.Line{Wording: added, Places: []forge.Place{{Name: "member"}}}, "", "", "", "unknown let unknown in"},
		"without words":              {forge.Line{}, "mona", "acme", "Egg", "[acme] push by mona: Egg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(c.actor)
			e.Container.Name, e.Subject.Title = c.place, c.title
			c.line.Tell(&e)
			if e.Title != c.want || e.Severity != webhook.Info {
				t.Errorf("got %q, %s, want %q, info", e.Title, e.Severity, c.want)
			}
			if m := forge.Message(e, source.English, source.Compact); m.Title != c.want {
				t.Errorf("the message says %q, want %q", m.Title, c.want)
			}
		})
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for word, c := range map[string]struct {
		result   forge.Result
		severity webhook.Severity
		want     string
	}{
		"failed":               {forge.Failed, webhook.Error, "[acme/widgets] branch #3 failed (main, mona): Fix"},
		"FAILURE":              {forge.Failed, webhook.Error, "[acme/widgets] branch #3 failed (main, mona): Fix"},
		"SUCCESSFUL":           {forge.Passed, webhook.Info, "[acme/widgets] branch #3 passed (main, mona): Fix"},
		"passed with warnings": {forge.Warned, webhook.Warning, "[acme/widgets] branch #3 passed with warnings (main, mona): Fix"},
		"INPROGRESS":           {forge.Running, webhook.Debug, "[acme/widgets] branch #3 is running (main, mona): Fix"},
		"cancelled":            {forge.Canceled, webhook.Warning, "[acme/widgets] branch #3 was canceled (main, mona): Fix"},
		"blocked":              {forge.Waiting, webhook.Debug, "[acme/widgets] branch #3 is waiting (main, mona): Fix"},
		"skipped":              {forge.Skipped, webhook.Debug, "[acme/widgets] branch #3 was skipped (main, mona): Fix"},
		"UNSTABLE":             {forge.Unstable, webhook.Warning, "[acme/widgets] branch #3 is unstable (main, mona): Fix"},
		"boiled":               {"", webhook.Info, "[acme/widgets] push by mona: Fix"},
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			e := event("mona")
			e.Subject.Title = "Fix"
			result := forge.ReadResult(word)
			forge.Run{Noun: forge.Branch(), Name: "#3", Ref: "main", Result: result}.Tell(&e)
			if result != c.result || e.Severity != c.severity || e.Title != c.want {
				t.Errorf("got %q, %s, %q, want %q, %s, %q", result, e.Severity, e.Title, c.result, c.severity, c.want)
			}
		})
	}
}

func TestMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
		want          forge.Deed
	}{
		"pushed":              {"1a", "2b", forge.Pushed},
		"created":             {"0000", "2b", forge.Created},
		"deleted":             {"1a", "0000", forge.Deleted},
		"never there":         {"0000", "0000", forge.Deleted},
		"nothing is not zero": {"", "", forge.Pushed},
	} {
		if got := forge.Moved(c.before, c.after); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		-time.Minute: "", 0: "", time.Millisecond: "", time.Second: "1s", 83*time.Second + 600*time.Millisecond: "1m24s",
		364 * 24 * time.Hour: "8736h0m0s", 366 * 24 * time.Hour: "",
	} {
		e, got := event(""), ""
		forge.AddDuration(&e, took)
		for _, f := range e.Fields {
			got = f.Value
		}
		if got != want {
			t.Errorf("%v: got %q, want %q", took, got, want)
		}
	}
}

func TestLasting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value any
		unit  time.Duration
		want  time.Duration
	}{
		"seconds":      {int64(90), time.Second, 90 * time.Second},
		"milliseconds": {1500.0, time.Millisecond, 1500 * time.Millisecond},
		"none":         {int64(0), time.Second, 0},
		"negative":     {int64(-3), time.Second, 0},
		"too long":     {int64(math.MaxInt64), time.Second, 0},
		"much too so":  {1e300, time.Second, 0},
		"no number":    {"90", time.Second, 0},
		"nothing":      {nil, time.Second, 0},
	} {
		if got := forge.Lasting(c.value, c.unit); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestShortTexts(t *testing.T) {
	t.Parallel()
	long := []string{"a", "b", "c", "d", "e", "f", "g"}
	for what, c := range map[string]struct{ got, want string }{
		"a number":          {forge.Numbered("7"), "#7"},
		"no number":         {forge.Numbered(""), ""},
		"a first line":      {forge.FirstLine("\n  Fix it\n\nmore"), "Fix it"},
		"as many as may be": {forge.Shortened(long[:forge.Listed]), "a, b, c, d, e"},
		"more than that":    {forge.Shortened(long), "a, b, c, d, e, +2"},
		"none":              {forge.Shortened(nil), ""},
		"the list stays":    {strings.Join(long, ""), "abcdefg"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", what, c.got, c.want)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ base, name, want string }{
		"a branch in folders":     {"https://x.example/a", "b/c", "https://x.example/a/-/b/c"},
		"a slash at the end":      {"https://x.example/a/", "b", "https://x.example/a/-/b"},
		"no base":                 {"", "b", ""},
		"no name":                 {"https://x.example/a", "", ""},
		"markup and query":        {"https://x.example/a", `<b> "?x#y`, "https://x.example/a/-/%3Cb%3E%20%22%3Fx%23y"},
		"a base that is no place": {"javascript:alert(1)", "b", ""},
	} {
		if got := forge.Page(c.base, "/-/", c.name); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryWordIsThereInEveryLocale(t *testing.T) {
	t.Parallel()
	for _, deed := range []string{"opened", "merged", "commented", "labeled", "review_request_removed", "published"} {
		e := event("mona")
		forge.Item{Noun: forge.MergeRequest(true), Name: "!7", Deed: deed}.Tell(&e)
		seen := map[string]bool{}
		for _, l := range []source.Locale{source.English, source.Japanese, source.Chinese} {
			seen[forge.Message(e, l, source.Full).Title] = true
		}
		if len(seen) != 3 {
			t.Errorf("%s: got the titles %v, want one for each locale", deed, seen)
		}
	}
}
