package routing_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/verify"
)

func TestCheckIP(t *testing.T) {
	t.Parallel()
	setup := build(t, `
ip_ranges: {office: [198.51.100.0/24, "2001:db8::/32"]}
plugins:
  acme.repos:
    webhooks:
      /all: {verify: none}
      /none: {verify: none, allow_ips: []}
      /mixed: {allow_ips: [forge, 10.0.0.0/8, office]}
      /cloud: {allow_ips: [cloud, 10.0.0.0/8]}
`)
	notAllowed, notKnown := routing.ErrIPNotAllowed, verify.ErrUnavailable
	for call, want := range map[string]error{
		"/all 203.0.113.1":       nil,
		"/none 203.0.113.1":      nil,
		"/mixed 192.0.2.1":       nil, // forge's documented range
		"/mixed 10.1.2.3":        nil,
		"/mixed ::ffff:10.1.2.3": nil,
		"/mixed 198.51.100.9":    nil,
		"/mixed 2001:db8::9":     nil,
		"/mixed 203.0.113.1":     notAllowed,
		"/mixed 2001:db9::9":     notAllowed,
		"/cloud 10.1.2.3":        nil, // though nothing is known of the cloud
		"/cloud 203.0.113.1":     notKnown,
	} {
		path, ip, _ := strings.Cut(call, " ")
		if err := endpoint(t, setup, path).CheckIP(netip.MustParseAddr(ip)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", call, err, want)
		}
	}
	if err := endpoint(t, setup, "/mixed").CheckIP(netip.Addr{}); !errors.Is(err, notAllowed) {
		t.Errorf("a peer without an address: got %v", err)
	}
}

func TestWhoseRangesAreRefreshed(t *testing.T) {
	t.Parallel()
	const hooks = `
ip_ranges: {office: [198.51.100.0/24], cloud: [203.0.113.0/24]}
plugins:
  acme.repos:
    webhooks:
      /a: {allow_ips: [office, forge]}
      /b: {allow_ips: [forge]}
      /c: {allow_ips: [cloud], disabled: true}
`
	for refresh, want := range map[string][]string{"true": {"forge true", "office false"}, "false": {"forge false", "office false"}} {
		var got []string
		for _, p := range build(t, "ip_ranges_refresh: "+refresh+hooks).Providers {
			got = append(got, p.Name()+map[bool]string{true: " true", false: " false"}[p.Publishes()])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("refresh %s (-want +got):\n%s", refresh, diff)
		}
	}
	setup := build(t, hooks)
	if endpoint(t, setup, "/a").AllowFrom[1] != endpoint(t, setup, "/b").AllowFrom[0] {
		t.Error("one provider is two, of which one would not be refreshed")
	}
}

func TestRangesOfNobodyAreWarnedOf(t *testing.T) {
	t.Parallel()
	setup := build(t, `
ip_ranges: {forge: [192.0.2.0/24], ofice: [198.51.100.0/24], vpn: [10.0.0.0/8]}
plugins:
  acme.repos:
    webhooks:
      /a: {allow_ips: [vpn]}
`)
	want := []string{"postern.yaml:2:36: ip_ranges.ofice: no allow_ips names ofice, these ranges have no use"}
	if diff := cmp.Diff(want, setup.Warnings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTwoSourcesOfOneProviderAreAFault(t *testing.T) {
	t.Parallel()
	p := parts()
	p.Sources[0].Ranges = cloudRanges()
	if _, err := routing.Build(parse(t, ""), p); err == nil || !strings.Contains(err.Error(), `two providers are called "cloud"`) {
		t.Errorf("got %v", err)
	}
}
