package grafana_test

import (
	"testing"

	"postern/pkg/source/grafana"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, grafana.Definition().Ranges, `{"metadata":{"schemaVersion":"v1"},"services":{
		"metrics":{"direction":"ingress-to-grafana","ipv4":["198.51.100.10/32"]},
		"alerts":{"direction":"egress-from-grafana","ipv4":["203.0.113.30/32"]},
		"grafana":{"direction":"egress-from-grafana","ipv4":["203.0.113.20/32"]}}}`, "203.0.113.20/32", "203.0.113.30/32")
}
