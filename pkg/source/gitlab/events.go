package gitlab

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// reader fills in what one kind of event tells. It finds the event with all
// that GitLab's events have in common.
type reader func(e *webhook.Event, payload source.Object)

// readers are the events that have words of their own, by GitLab's names. The
// rest is told by other.
var readers = map[string]reader{ //nolint:gochecknoglobals // a constant table, looked into for each event
	"access_token":           accessToken,
	"build":                  build,
	"deployment":             deployment,
	"emoji":                  emoji,
	"feature_flag":           featureFlag,
	"group_create":           group,
	"group_destroy":          group,
	"group_rename":           group,
	"issue":                  issue,
	"key_create":             key,
	"key_destroy":            key,
	"merge_request":          mergeRequest,
	"milestone":              milestone,
	"note":                   note,
	"pipeline":               pipeline,
	"project_create":         project,
	"project_destroy":        project,
	"project_rename":         project,
	"project_transfer":       project,
	"project_update":         project,
	"push":                   push,
	"release":                release,
	"repository_update":      repositoryUpdate,
	"subgroup_create":        group,
	"subgroup_destroy":       group,
	"tag_push":               push,
	"user_add_to_group":      member,
	"user_add_to_team":       member,
	"user_create":            user,
	"user_destroy":           user,
	"user_failed_login":      user,
	"user_remove_from_group": member,
	"user_remove_from_team":  member,
	"user_rename":            user,
	"user_update_for_group":  member,
	"user_update_for_team":   member,
	"vulnerability":          vulnerability,
	"wiki_page":              wikiPage,
	"work_item":              issue,
}
