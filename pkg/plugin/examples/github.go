package examples

import (
	"context"
	"fmt"

	"postern/pkg/plugin"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/github"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// githubHook takes GitHub's webhooks and tells each event to one chat. Pings,
// event types and wording are the source's.
func githubHook(s Settings) (plugin.Endpoint, error) {
	signature, err := github.Source{}.Verification(verify.Keys{Secrets: []secret.Text{s.GitHubSecret}})
	if err != nil {
		return plugin.Endpoint{}, fmt.Errorf("github_secret: %w", err)
	}
	return plugin.Endpoint{
		Endpoint:    "/github",
		Name:        "GitHub webhook",
		Description: "Receives GitHub's events and tells a chat.",
		MaxBody:     github.Definition().MaxBody,
		Source:      github.Source{},
		SourceName:  "github",
		Verify:      signature,
		Accept:      acceptEvent,
		Handle: func(ctx context.Context, job plugin.Job) (any, error) {
			return tellEvents(ctx, job, string(s.Chat))
		},
	}, nil
}

func acceptEvent(r *webhook.Request) (plugin.Acceptance, error) {
	id, err := github.Source{}.Identify(r)
	if err != nil {
		return plugin.Acceptance{}, err
	}
	return plugin.Acceptance{Message: fmt.Sprintf("Event '%s' was received.", id.Type)}, nil
}

// told is the result of /github.
type told struct {
	Events int `json:"events"`
}

func tellEvents(ctx context.Context, job plugin.Job, chat string) (any, error) {
	events, err := github.Source{}.Events(job.Request())
	if err != nil {
		return nil, retry.Never(fmt.Errorf("read events: %w", err)) // the same bytes will never read better
	}
	for n, event := range events {
		message := github.Source{}.Message(event, job.Locale(), source.Normal)
		// The key is fixed, so a second run of this job tells nothing twice.
		if err := job.Send(ctx, chat, fmt.Sprintf("event-%d", n), message); err != nil {
			return nil, fmt.Errorf("tell event %d: %w", n, err)
		}
	}
	return told{Events: len(events)}, nil
}
