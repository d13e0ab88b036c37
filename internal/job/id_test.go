package job_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/job"
)

func newID(tb testing.TB, shard uint8) job.ID {
	tb.Helper()
	id, err := job.NewID(shard)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func TestAnIDHoldsItsShardAndItsTime(t *testing.T) {
	t.Parallel()
	for shard := range 256 {
		before := time.Now().Truncate(time.Millisecond)
		id := newID(t, uint8(shard))
		if got := id.Shard(); int(got) != shard {
			t.Errorf("%s: got shard %d, want %d", id, got, shard)
		}
		if at := id.Time(); at.Before(before) || at.After(time.Now()) {
			t.Errorf("%s: got time %v, want between %v and now", id, at, before)
		}
		for _, written := range []string{string(id), strings.ToUpper(string(id))} {
			if parsed, err := job.ParseID(written); err != nil || parsed != id {
				t.Errorf("parse %s: got %s, %v", written, parsed, err)
			}
		}
	}
}

func TestIDsSortByAcceptance(t *testing.T) {
	t.Parallel()
	ids := make([]job.ID, 1000)
	for i := range ids {
		ids[i] = newID(t, 3)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made one after the other do not sort so")
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 1000 {
		t.Errorf("got %d different ids of 1000", n)
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	good := string(newID(t, 0))
	for name, s := range map[string]string{
		"nothing":            "",
		"text":               "latest",
		"a random UUID":      "f47ac10b-58cc-4372-a567-0e02b2c3d479",
		"braces":             "{" + good + "}",
		"a URN":              "urn:uuid:" + good,
		"no hyphens":         strings.ReplaceAll(good, "-", ""),
		"a notification's":   good + "-0-team",
		"a space behind":     good + " ",
		"a key of the store": "*" + good[1:],
	} {
		if got, err := job.ParseID(s); !errors.Is(err, job.ErrID) || got != "" {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, job.ErrID)
		}
	}
}

func TestWhatIsNoIDHasNeitherShardNorTime(t *testing.T) {
	t.Parallel()
	id := job.ID("nonsense")
	if id.Shard() != 0 || !id.Time().IsZero() {
		t.Errorf("got shard %d and time %v, want none", id.Shard(), id.Time())
	}
}

func TestNotificationIDs(t *testing.T) {
	t.Parallel()
	id := newID(t, 7)
	for name, c := range map[string]struct{ got, want string }{
		"of an event":             {id.Notification(2, "team", ""), string(id) + "-2-team"},
		"of a chat key":           {id.Notification(0, "telegram-group_-100", ""), string(id) + "-0-telegram-group_-100"},
		"of a handler's message":  {id.Notification(0, "team", "abc"), string(id) + "-0-team-abc"},
		"the job of one":          {string(job.IDOf(id.Notification(0, "telegram-group_-100", "k"))), string(id)},
		"the job of none":         {string(job.IDOf("0-team")), ""},
		"the job of nothing":      {string(job.IDOf("")), ""},
		"the item of one":         {job.NoteOf((&job.Note{Notification: job.Notification{ID: id.Notification(1, "x-a:b:c", "")}}).Item()), id.Notification(1, "x-a:b:c", "")},
		"what is no item is left": {job.NoteOf("alone"), "alone"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestItemsSortByJobThenByOrder(t *testing.T) {
	t.Parallel()
	first, second := newID(t, 9), newID(t, 0)
	item := func(id job.ID, order int) string {
		return (&job.Note{Notification: job.Notification{ID: id.Notification(order, "team", "")}, Order: order}).Item()
	}
	items := []string{item(first, 0), item(first, 2), item(first, 10), item(first, 999_999), item(second, 0)}
	if !slices.IsSorted(items) {
		t.Errorf("got items that do not sort: %q", items)
	}
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"", "0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b", "{0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b}", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := job.ParseID(s)
		if err == nil && (string(id) != s || strings.ContainsAny(s, "{}*:/ ") || id.Time().IsZero()) {
			t.Errorf("took %q for a job id", s)
		}
		if job.ID(s).Shard() != 0 && err == nil && id.Shard() != job.ID(s).Shard() {
			t.Errorf("%q has two shards", s)
		}
		_ = job.IDOf(s)
		_ = job.NoteOf(s)
	})
}
