package config

import (
	"cmp"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes: "16KiB", "25MB", or plain bytes.
type Size int64

// String gives the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits are those that String may choose, the largest first.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"GiB", 1 << 30},
		{"GB", 1e9},
		{"MiB", 1 << 20},
		{"MB", 1e6},
		{"KiB", 1 << 10},
		{"KB", 1e3},
	}
}

var sizeText = regexp.MustCompile(`^(\d+) ?(?i:([KMG]i?)?B)?$`)

func parseSize(text string) (Size, error) {
	m := sizeText.FindStringSubmatch(text)
	if m == nil {
		return 0, errUnfit
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, errUnfit
	}
	unit := int64(1)
	for _, u := range sizeUnits() {
		if m[2] != "" && strings.EqualFold(u.name, m[2]+"B") {
			unit = u.bytes
		}
	}
	if n > math.MaxInt64/unit {
		return 0, errUnfit
	}
	return Size(n * unit), nil
}

// Rate is a number of messages in a time: "50/s", "20/m", "1/2s". The zero
// Rate, written "none", is unlimited.
type Rate struct {
	Count int
	Per   time.Duration
}

// String gives the rate as it is written.
func (r Rate) String() string {
	if r.Count == 0 {
		return "none"
	}
	per := formatDuration(r.Per)
	if r.Per == time.Second || r.Per == time.Minute || r.Per == time.Hour {
		per = strings.TrimPrefix(per, "1")
	}
	return strconv.Itoa(r.Count) + "/" + per
}

func parseRate(text string) (Rate, error) {
	if text == "none" {
		return Rate{}, nil
	}
	count, per, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n <= 0 || per == "" {
		return Rate{}, errUnfit
	}
	if per[0] < '0' || per[0] > '9' {
		per = "1" + per
	}
	d, err := parseDuration(per)
	if err != nil || d <= 0 {
		return Rate{}, errUnfit
	}
	return Rate{Count: n, Per: d}, nil
}

// days are what time.ParseDuration does not know: weeks and days come first.
var days = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`)

// ParseDuration reads a duration as the config does: Go's, with days (d) and
// weeks (w) before them, never negative.
func ParseDuration(text string) (time.Duration, error) { return parseDuration(text) }

// parseDuration takes Go's durations, with days (d) and weeks (w) before them.
// None is negative, and none is so long that a sum could overflow.
func parseDuration(text string) (time.Duration, error) {
	const most = 100 * 365 * 24 * time.Hour
	m := days.FindStringSubmatch(text)
	if m == nil || text == "" {
		return 0, errUnfit
	}
	weeks, _ := strconv.Atoi(cmp.Or(m[1], "0")) // at most four digits
	whole, _ := strconv.Atoi(cmp.Or(m[2], "0")) // at most five
	count := weeks*7 + whole
	if count > int(most/(24*time.Hour)) {
		return 0, errUnfit
	}
	d := time.Duration(count) * 24 * time.Hour
	if m[3] != "" {
		rest, err := time.ParseDuration(m[3])
		if err != nil || rest < 0 || rest > most {
			return 0, errUnfit
		}
		d += rest
	}
	return d, nil
}

// formatDuration is Duration.String less its zero parts: 72h, not 72h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
