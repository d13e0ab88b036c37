package grafana

import (
	"encoding/json"
	"slices"

	"postern/pkg/source"
)

// ranges are where Grafana Cloud calls from: its allowlist API, which serves
// all its regions but those of one's own cloud. A server of one's own has its
// own addresses.
func ranges() source.Ranges {
	return source.Ranges{URLs: []string{"https://allowlists.grafana.net/v1/"}, Read: readRanges}
}

// readRanges takes the addresses of the two services that send notifications:
// Grafana itself and the hosted Alertmanager.
func readRanges(answer []byte) ([]string, error) {
	var all struct {
		Services map[string]struct {
			Direction string   `json:"direction"`
			IPv4      []string `json:"ipv4"`
			IPv6      []string `json:"ipv6"`
		} `json:"services"`
	}
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, err
	}
	var list []string
	for _, name := range []string{"grafana", "alerts"} {
		if s := all.Services[name]; s.Direction == "egress-from-grafana" {
			list = slices.Concat(list, s.IPv4, s.IPv6)
		}
	}
	return list, nil
}
