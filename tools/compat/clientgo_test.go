package compat_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

// clientGo is GitLab's own client; its tests hold what GitLab's documentation
// shows of its hooks.
const clientGo = "gitlab.com/gitlab-org/api/client-go/v2"

func clientGoCorpus(t *testing.T, folder string) corpus {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(moduleFolder(t, clientGo), "testdata", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no payload in %s: %v", folder, err)
	}
	c := corpus{name: clientGo + " " + folder}
	for _, file := range files {
		name := filepath.Base(file)
		kind := hookNamed(folder, strings.TrimSuffix(name, ".json"))
		c.payloads = append(c.payloads, payload{
			name: name, source: "gitlab", event: string(kind), body: readFile(t, file),
			header: http.Header{"X-Gitlab-Event": {string(kind)}},
		})
	}
	return c
}

// hookNamed is the hook that sends the payload of a file.
func hookNamed(folder, file string) gitlab.EventType {
	if folder == "systemhooks" {
		return gitlab.EventTypeSystemHook
	}
	switch file {
	case "tag_push":
		return gitlab.EventTypeTagPush
	case "wiki_page":
		return gitlab.EventTypeWikiPage
	case "feature_flag":
		return gitlab.EventTypeFeatureFlag
	case "merge_request", "group_merge_request":
		return gitlab.EventTypeMergeRequest
	case "service_merge_request":
		return gitlab.EventTypeServiceHook
	}
	first, _, _ := strings.Cut(file, "_")
	switch first {
	case "resource":
		return gitlab.EventTypeResourceAccessToken
	default: // "note_issue" is a Note Hook
		return gitlab.EventType(strings.ToUpper(first[:1]) + first[1:] + " Hook")
	}
}

// TestClientGoKnowsTheHooks: each payload goes with the header that its own
// library takes it for, so that what we make of it is what GitLab sends.
func TestClientGoKnowsTheHooks(t *testing.T) {
	t.Parallel()
	for _, p := range clientGoCorpus(t, "webhooks").payloads {
		kind := gitlab.EventType(p.event)
		if kind == "Build Hook" { // a Job Hook's old name; the library reads it by the new one alone
			kind = gitlab.EventTypeJob
		}
		if event, err := gitlab.ParseWebhook(kind, p.body); err != nil || event == nil {
			t.Errorf("%s as %s: %v", p.name, kind, err)
		}
	}
	for _, p := range clientGoCorpus(t, "systemhooks").payloads {
		if event, err := gitlab.ParseSystemhook(p.body); err != nil || event == nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}
