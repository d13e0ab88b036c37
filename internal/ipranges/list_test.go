package ipranges_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/internal/ipranges"
	"postern/pkg/source"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	p, err := ipranges.New("forge", source.Ranges{
		Known: []string{"192.0.2.0/24", "198.51.100.7", "198.51.100.64/26", "2001:db8::/32", "2001:db9::1"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"192.0.2.0": true, "192.0.2.255": true, "192.0.3.0": false, "192.0.1.255": false,
		"198.51.100.7": true, "198.51.100.6": false, "198.51.100.64": true, "198.51.100.128": false,
		"::ffff:192.0.2.9": true, "::192.0.2.9": false, "0.0.0.0": false, "255.255.255.255": false,
		"2001:db8::1": true, "2001:db8:ffff:ffff::": true, "2001:db9::1": true, "2001:db9::2": false, "::": false,
	} {
		if got, known := p.Allows(netip.MustParseAddr(address)); got != want || !known {
			t.Errorf("%s: got %t, known %t; want %t", address, got, known, want)
		}
	}
	if got, _ := p.Allows(netip.Addr{}); got {
		t.Error("a peer without an address may call")
	}
}

func TestWhatIsWrittenWins(t *testing.T) {
	t.Parallel()
	known := source.Ranges{Known: []string{"192.0.2.0/24"}}
	own := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/7")} // however wide, however private
	tests := map[string]struct {
		source         source.Ranges
		own            []netip.Prefix
		allowed, known bool // of 10.1.2.3
	}{
		"own":                {source.Ranges{}, own, true, true},
		"own and documented": {known, own, true, true},
		"documented":         {known, nil, false, true},
		"nothing":            {source.Ranges{URLs: []string{"https://lists.example"}}, nil, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := ipranges.New("forge", tt.source, tt.own)
			if err != nil {
				t.Fatal(err)
			}
			allowed, known := p.Allows(netip.MustParseAddr("10.1.2.3"))
			if allowed != tt.allowed || known != tt.known || p.Known() != tt.known {
				t.Errorf("got %t, known %t, %t", allowed, known, p.Known())
			}
		})
	}
}

func TestBuiltInRangesAreGood(t *testing.T) {
	t.Parallel()
	providers := 0
	for _, d := range catalog.Sources() {
		p, err := ipranges.New(d.Name, d.Ranges, nil)
		if err != nil {
			t.Error(err)
		}
		if err == nil && (p.Known() || p.Publishes()) {
			providers++
		}
	}
	if providers == 0 {
		t.Error("no source says from where its service calls")
	}
}

func TestAbsurdLists(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(format, i/65536+20, i/256%256, i%256)
		}
		return list
	}
	slashEights := make([]string, 0, 4)
	for _, first := range []int{20, 30, 40, 50, 60} {
		slashEights = append(slashEights, fmt.Sprintf("%d.0.0.0/8", first))
	}
	tests := map[string]struct {
		list []string
		want string // of the error; empty: it is taken
	}{
		"everybody":                    {[]string{"192.0.2.0/24", "0.0.0.0/0"}, "wider than /8"},
		"everybody, IPv6":              {[]string{"::/0"}, "wider than /19"},
		"everybody as IPv6":            {[]string{"::ffff:0.0.0.0/96"}, "wider than /8"},
		"half of the world":            {[]string{"128.0.0.0/1"}, "wider than /8"},
		"a /7":                         {[]string{"20.0.0.0/7"}, "wider than /8"},
		"a /8":                         {[]string{"20.0.0.0/8"}, ""},
		"a /18 of IPv6":                {[]string{"2001:c000::/18"}, "wider than /19"},
		"a /19 of IPv6":                {[]string{"2001:c000::/19"}, ""},
		"too many /8":                  {slashEights, "too many addresses"},
		"private addresses":            {[]string{"10.0.0.0/8"}, "no provider calls"},
		"private addresses, IPv6":      {[]string{"fd00::/20"}, "no provider calls"},
		"loopback":                     {[]string{"127.0.0.1"}, "no provider calls"},
		"link-local":                   {[]string{"169.254.0.0/16"}, "no provider calls"},
		"the unspecified address":      {[]string{"0.0.0.0"}, "no provider calls"},
		"an address with a zone":       {[]string{"fe80::1%eth0"}, "neither an address"},
		"a name":                       {[]string{"hooks.example.org"}, "neither an address"},
		"an empty entry":               {[]string{"192.0.2.1", ""}, "neither an address"},
		"a range with a host in it":    {[]string{"192.0.2.77/24"}, ""},
		"as many as there may be":      {many(10_000, "%d.%d.%d.7"), ""},
		"more than there may be":       {many(10_001, "%d.%d.%d.7"), "10001 ranges"},
		"the same one again and again": {slices.Repeat([]string{"20.0.0.0/8"}, 9), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ipranges.New("forge", source.Ranges{Known: tt.list}, nil)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
