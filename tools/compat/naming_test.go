package compat_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// raw is a payload as this test itself reads it, apart from all code of ours.
type raw map[string]any

func parse(t *testing.T, body []byte) raw {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var r raw
	if err := decoder.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// at gives the text or number at a path; a step may be the index in a list.
func (r raw) at(path string) string {
	var v any = map[string]any(r)
	for step := range strings.SplitSeq(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(inner) {
				return ""
			}
			v = inner[i]
		default:
			return ""
		}
	}
	switch v := v.(type) {
	case string:
		return strings.Join(strings.Fields(v), " ")
	case json.Number:
		return v.String()
	}
	return ""
}

// all gives what stands at those paths that hold something.
func (r raw) all(paths ...string) []string {
	var found []string
	for _, path := range paths {
		if s := r.at(path); s != "" && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	return found
}

// naming says where a service's payloads name what a title must name.
type naming struct {
	places []string // the first that holds something is the one
	actors []string // any that holds something will do
	// things are looked for as the actors are: of the first row whose first
	// path holds something. A path may have "#" or "!" before it, which then
	// stands before its value, too.
	things [][]string
}

func namings() map[string]naming {
	return map[string]naming{
		"github": githubNaming(), "gitlab": gitlabNaming(), "gitea": giteaNaming(), "gogs": giteaNaming(),
		"bitbucket": {
			places: []string{"repository.full_name"},
			actors: []string{"actor.display_name", "actor.nickname"},
			things: [][]string{
				{"#pullrequest.id"},
				{"#issue.id"},
				{"commit_status.name"},
				{"push.changes.0.new.name", "push.changes.0.old.name"},
				{"fork.full_name"},
			},
		},
		"bitbucket_dc": {
			places: []string{"new.slug", "repository.slug", "pullRequest.toRef.repository.slug"},
			actors: []string{"actor.displayName"},
			things: [][]string{{"#pullRequest.id"}, {"changes.0.ref.displayId"}},
		},
		"dockerhub": {
			places: []string{"repository.repo_name"},
			actors: []string{"push_data.pusher"},
			things: [][]string{{"push_data.tag"}},
		},
		"azure_devops": {
			places: []string{"resource.repository.name", "resource.definition.name"},
			actors: []string{
				"resource.pushedBy.displayName", "resource.createdBy.displayName", "resource.lastChangedBy.displayName",
				"resource.requests.0.requestedFor.displayName", "resource.closedBy.displayName", "resource.requestedFor.displayName",
			},
			things: [][]string{{"resource.pullRequestId", "resource.title"}, {"resource.buildNumber", "resource.definition.name"}},
		},
	}
}

func githubNaming() naming {
	return naming{
		places: []string{"repository.full_name", "organization.login", "installation.account.login"},
		actors: []string{"sender.login", "pusher.name", "workflow_run.triggering_actor.login", "workflow_run.actor.login"},
		things: [][]string{
			{"#discussion.number"},
			{"#issue.number"},
			{"#pull_request.number"},
			{"workflow_job.name"},
			{"deployment_status.environment", "deployment.environment"},
			{"deployment.environment"},
			{"environment"},
			{"workflow_run.name"},
			{"check_run.name"},
			{"check_suite.app.name", "check_suite.app.slug"},
			{"release.tag_name"},
			{"milestone.title"},
			{"label.name"},
			{"team.name"},
			{"forkee.full_name"},
			{"pages.0.title"},
			{"package.name"},
			{"#alert.number"},
			{"alert.affected_package_name"},
			{"security_advisory.ghsa_id"},
			{"rule.name"},
			{"#project.number"},
			{"project_column.name"},
			{"merge_group.base_ref"},
			{"ref"},
			{"member.login"},
			{"context"},
		},
	}
}

func gitlabNaming() naming {
	return naming{
		places: []string{
			"project.path_with_namespace", "project_path_with_namespace", "path_with_namespace",
			"group.full_path", "full_path", "group_path",
		},
		actors: []string{"user.name", "user.username", "user_name", "user_username", "username"}, // of some events the one they are about
		things: [][]string{
			{"object_attributes.ref"},
			{"tag"},
			{"environment"},
			{"build_name"},
			{"!merge_request.iid"},
			{"#issue.iid"},
			{"snippet.title"},
			{"commit.title"},
			{"ref"},
			{"object_attributes.title", "object_attributes.iid"},
			{"object_attributes.name"},
			{"name"},
		},
	}
}

func giteaNaming() naming {
	return naming{
		places: []string{"repository.full_name"},
		actors: []string{"sender.login", "sender.username", "pusher.login", "pusher.username"},
		things: [][]string{{"#pull_request.number"}, {"#issue.number"}, {"release.tag_name"}, {"ref"}, {"forkee.full_name"}},
	}
}

// demand is what a title must hold: any one of these.
type demand struct {
	what  string
	anyOf []string
}

// demands gives what a payload names; where it names nothing, nothing is
// demanded.
func (n naming) demands(r raw) []demand {
	var demands []demand
	if places := r.all(n.places...); len(places) > 0 {
		demands = append(demands, demand{"place", places[:1]})
	}
	if actors := r.all(n.actors...); len(actors) > 0 {
		demands = append(demands, demand{"actor", actors})
	}
	for _, row := range n.things {
		if things := n.thing(r, row); len(things) > 0 {
			return append(demands, demand{"thing", things})
		}
	}
	return demands
}

func (n naming) thing(r raw, row []string) []string {
	var things []string
	for _, path := range row {
		sign, path := "", path
		if strings.HasPrefix(path, "#") || strings.HasPrefix(path, "!") {
			sign, path = path[:1], path[1:]
		}
		value := r.at(path)
		if value == "" && len(things) == 0 {
			return nil
		}
		value = strings.TrimPrefix(strings.TrimPrefix(value, "refs/heads/"), "refs/tags/")
		if value != "" {
			things = append(things, sign+value)
		}
	}
	return things
}

// met reports whether a text holds what is demanded.
func (d demand) met(text string) bool {
	return slices.ContainsFunc(d.anyOf, func(s string) bool { return strings.Contains(text, s) })
}
