package sourcetest

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"postern/pkg/source"
)

// RunRanges checks where a source says that its service calls from: answer is
// a published list in its documented shape, want what is read out of it, in
// any order. A source whose provider publishes none gives an empty answer and
// wants nothing.
func RunRanges(t *testing.T, r source.Ranges, answer string, want ...string) {
	t.Helper()
	complain(t, RangesFaults(r, answer, want...))
}

// RangesFaults tells in which points Ranges break their contract: nothing for
// good ones.
func RangesFaults(r source.Ranges, answer string, want ...string) (faults []string) {
	for _, known := range r.Known {
		if _, err := source.ParsePrefix(known); err != nil {
			faults = append(faults, fmt.Sprintf("Known holds %q, which is no address and no CIDR", known))
		}
	}
	if len(r.URLs) == 0 {
		if len(r.Known) == 0 || r.Read != nil || answer != "" {
			faults = append(faults, "without URLs there is Known alone")
		}
		return faults
	}
	for _, address := range r.URLs {
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			faults = append(faults, fmt.Sprintf("%q is no https address", address))
		}
	}
	return append(faults, readFaults(r.Read, answer, want)...)
}

func readFaults(read func([]byte) ([]string, error), answer string, want []string) (faults []string) {
	if got, err := readGuarded(read, answer); err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		faults = append(faults, fmt.Sprintf("of %s it reads %q, %v, want %q", answer, got, err, want))
	}
	for _, bad := range []string{"", "null", "{}", "[]", `"10.0.0.0/8"`, "<html>", answer[:len(answer)/2], `{"items":7,"services":[]}`} {
		if got, err := readGuarded(read, bad); err == nil && len(got) > 0 {
			faults = append(faults, fmt.Sprintf("of %s it reads %q", bad, got))
		}
	}
	return faults
}

// readGuarded makes a panic an error that no reader gives.
func readGuarded(read func([]byte) ([]string, error), answer string) (list []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			list, err = []string{"panic"}, nil
		}
	}()
	return read([]byte(answer))
}
