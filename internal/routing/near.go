package routing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"postern/internal/config"
)

// unknown words a name that nobody knows, with those it may have meant: the
// similar ones, or all where none is.
func unknown[T any](what, name string, known map[string]T) error {
	all := slices.Sorted(maps.Keys(known))
	if slices.Contains(planned(what), name) { // no typo, however near another is
		return fmt.Errorf("this version has no %s %q, it has %s", what, name, strings.Join(all, ", "))
	}
	var similar []string
	for _, k := range all {
		if config.Distance(name, k) <= 2 || name != "" && (strings.HasPrefix(k, name) || strings.HasPrefix(name, k)) {
			similar = append(similar, k)
		}
	}
	switch {
	case len(similar) > 0:
		return fmt.Errorf("unknown %s %q, did you mean %s?", what, name, strings.Join(similar, " or "))
	case len(all) == 0:
		return fmt.Errorf("unknown %s %q, there is none", what, name)
	default:
		return fmt.Errorf("unknown %s %q, known are %s", what, name, strings.Join(all, ", "))
	}
}

// The kinds of built-in parts, as faults name them.
const (
	kindSource = "source"
	kindChat   = "type of chat"
	kindScheme = "verification scheme"
)

// planned are the names that belong to a kind of built-in parts, whether this
// version has them or not.
func planned(what string) []string {
	switch what {
	case kindSource:
		return strings.Fields("github gitlab gitea forgejo gogs bitbucket bitbucket_dc azure_devops jenkins circleci " +
			"travis buildkite drone woodpecker dockerhub harbor stripe shopify slack discord twilio sendgrid " +
			"standard_webhooks svix linear jira sentry pagerduty grafana alertmanager uptime_kuma sns msgraph " +
			"teams meta zoom telegram notion vercel netlify heroku generic")
	case kindChat:
		return strings.Fields("console webhook http slack discord telegram onebot_v11 matrix mattermost rocketchat " +
			"teams googlechat feishu dingtalk wecom ntfy gotify email")
	case kindScheme:
		return strings.Fields("hmac token basic bearer query standard_webhooks ed25519 jwt none")
	default:
		return nil
	}
}
