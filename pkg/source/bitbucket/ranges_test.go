package bitbucket_test

import (
	"testing"

	"postern/pkg/source/bitbucket"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, bitbucket.Definition().Ranges, `{"syncToken":1,"items":[
		{"cidr":"192.0.2.0/28","product":["bitbucket"],"direction":["egress","ingress"]},
		{"cidr":"192.0.2.0/28","product":["bitbucket"],"direction":["egress"]},
		{"cidr":"198.51.100.0/28","product":["jira","confluence"],"direction":["egress"]},
		{"cidr":"203.0.113.0/28","product":["jira"],"direction":["ingress"]},
		{"cidr":"203.0.113.16/28","product":["trello"],"direction":["egress"]}]}`, "192.0.2.0/28", "198.51.100.0/28")
}
