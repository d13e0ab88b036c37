package bitbucket

import (
	"encoding/json"
	"slices"

	"postern/pkg/source"
)

// ranges are where Atlassian's cloud calls from, Jira as well as Bitbucket: the
// list it publishes, less what leads to it and its other products.
func ranges() source.Ranges {
	return source.Ranges{Provider: "atlassian", URLs: []string{"https://ip-ranges.atlassian.com/"}, Read: readRanges}
}

func readRanges(answer []byte) ([]string, error) {
	var all struct {
		Items []struct {
			CIDR      string   `json:"cidr"`
			Product   []string `json:"product"`
			Direction []string `json:"direction"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, err
	}
	var list []string
	for _, item := range all.Items {
		calls := slices.Contains(item.Product, "bitbucket") || slices.Contains(item.Product, "jira")
		if calls && slices.Contains(item.Direction, "egress") && !slices.Contains(list, item.CIDR) {
			list = append(list, item.CIDR)
		}
	}
	return list, nil
}
