package sourcetest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
)

func TestRangesFaults(t *testing.T) {
	t.Parallel()
	const answer = `{"hooks":["192.0.2.1"]}`
	at := []string{"https://lists.example/ips"}
	good := source.Ranges{URLs: at, Read: source.ListIn("hooks"), Known: []string{"192.0.2.0/24", "2001:db8::1"}}
	tests := map[string]struct {
		ranges source.Ranges
		answer string
		want   string // of the first fault; empty: none
	}{
		"good":                  {good, answer, ""},
		"no list is published":  {source.Ranges{Known: good.Known}, "", ""},
		"nothing is known":      {source.Ranges{}, "", "without URLs"},
		"a reader of nothing":   {source.Ranges{Known: good.Known, Read: good.Read}, "", "without URLs"},
		"a known name":          {source.Ranges{URLs: at, Read: good.Read, Known: []string{"github"}}, answer, `Known holds "github"`},
		"a known zone":          {source.Ranges{URLs: at, Read: good.Read, Known: []string{"fe80::1%eth0"}}, answer, "Known holds"},
		"a list in clear":       {source.Ranges{URLs: []string{"http://lists.example"}, Read: good.Read}, answer, "no https address"},
		"another list is read":  {source.Ranges{URLs: at, Read: source.ListIn("web")}, answer, "it reads"},
		"a reader that panics":  {source.Ranges{URLs: at, Read: func([]byte) ([]string, error) { panic("ouch") }}, answer, `"panic"`},
		"everything is a range": {source.Ranges{URLs: at, Read: anything}, answer, "of  it reads"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(sourcetest.RangesFaults(tt.ranges, tt.answer, "192.0.2.1"), "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// anything takes whatever it is given for a list.
func anything(answer []byte) ([]string, error) {
	var all struct{ Hooks []string }
	_ = json.Unmarshal(answer, &all)
	if len(all.Hooks) > 0 {
		return all.Hooks, nil
	}
	return []string{"0.0.0.0/0"}, nil
}
