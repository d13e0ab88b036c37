package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"postern/internal/servertest"
)

// browsedConfig has one endpoint and one chat.
var browsedConfig = strings.NewReplacer("ACCOUNT", "", "CHAT", `{type: webhook, url: "${PLATFORM}/hook/team"}`).Replace(serversConfig)

// In a browser: a page of our own origin signs in, its EventSource follows a
// job from the start to the end, and is then told that nothing more will come;
// the page's changes need the token that the session tells.
func TestABrowserFollowsAJob(t *testing.T) {
	t.Parallel()
	browser := servertest.StartBrowser(t)
	h := newStormHouse(t, browsedConfig)
	h.mustStart("receiver", "receiver")
	address := "http://" + h.running["receiver"].address
	job := h.tell("a change")
	browser.Visit(address + "/healthz")

	var status int
	browser.Run(&status, `return fetch("/api/jobs/" + arguments[0]).then(a => a.status)`, job)
	if status != http.StatusUnauthorized {
		t.Fatalf("a page that has not signed in is answered %d, want 401", status)
	}
	var session struct {
		Name string `json:"name"`
		CSRF string `json:"csrf"`
	}
	browser.Run(&session, `return fetch("/api/session", {
		method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({token: arguments[0]}),
	}).then(a => a.json())`, token)
	var cookie string
	browser.Run(&cookie, `return document.cookie`)
	if session.Name != "ops" || session.CSRF == "" || cookie != "" {
		t.Fatalf("the session is %+v; scripts see the cookie %q", session, cookie)
	}

	browser.Run(nil, `
		window.seen = [];
		window.source = new EventSource("/api/jobs/" + arguments[0] + "/events");
		window.source.addEventListener("job", e => {
			const job = JSON.parse(e.data);
			window.seen.push(job.state + " " + job.delivery);
		});`, job)
	var seen []string
	look := func() []string {
		browser.Run(&seen, `return window.seen`)
		return seen
	}
	servertest.Await(t, "the first event", func() bool { return len(look()) > 0 })
	h.mustStart("worker", "worker")
	servertest.Await(t, "the last event", func() bool { return strings.HasSuffix(look()[len(seen)-1], " delivered") })
	servertest.Await(t, "the end of the stream", func() bool {
		var closed bool
		browser.Run(&closed, `return window.source.readyState === EventSource.CLOSED`)
		return closed
	})
	if look(); seen[0] != "queued pending" || seen[len(seen)-1] != "succeeded delivered" || len(slices.Compact(slices.Clone(seen))) != len(seen) {
		t.Errorf("the page heard %q", seen)
	}

	change := `return fetch("/api/jobs/" + arguments[0] + "/replay", {method: "POST", headers: arguments[1]}).then(a => a.status)`
	for _, tt := range []struct {
		headers map[string]string
		want    int
	}{
		{map[string]string{}, http.StatusForbidden},
		{map[string]string{"X-CSRF-Token": session.CSRF}, http.StatusAccepted},
	} {
		if browser.Run(&status, change, job, tt.headers); status != tt.want {
			t.Errorf("a change with headers %v is answered %d, want %d", tt.headers, status, tt.want)
		}
	}
}

// The description of the API is a page that asks nobody for anything, and whose
// own style the browser takes.
func TestABrowserShowsTheDescriptionOfTheAPI(t *testing.T) {
	t.Parallel()
	browser := servertest.StartBrowser(t)
	h := newStormHouse(t, strings.Replace(browsedConfig, "tokens: {ops: "+token+"}", "loopback: true", 1))
	h.mustStart("receiver", "receiver")
	browser.Visit("http://" + h.running["receiver"].address + "/docs")
	var page struct {
		Title, Text, Font string
		Loaded            []string
	}
	browser.Run(&page, `return {
		Title: document.title, Text: document.body.innerText, Font: getComputedStyle(document.body).fontFamily,
		Loaded: performance.getEntriesByType("resource").map(e => e.name),
	}`)
	if !strings.Contains(page.Title, "Postern") || !strings.Contains(page.Text, "/api/jobs/{id}") || !strings.Contains(page.Text, "acme.repos") {
		t.Errorf("the page %q does not tell of the API:\n%.500s", page.Title, page.Text)
	}
	if !strings.Contains(page.Font, "sans-serif") || len(page.Loaded) > 0 {
		t.Errorf("its font is %q, and it loaded %q", page.Font, page.Loaded)
	}
}
