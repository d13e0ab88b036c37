// Package forgejo understands Forgejo's webhooks. Forgejo speaks as Gitea does
// and sends Gitea's headers too; this source looks at Forgejo's own only. All
// wording is package gitea's.
package forgejo

import (
	"postern/pkg/source"
	"postern/pkg/source/gitea"
)

// header is what the names of Forgejo's own headers begin with.
const header = "X-Forgejo-"

// Definition registers this source as "forgejo".
func Definition() source.Definition {
	return gitea.Define("forgejo", header, samples, "X-Gitea-Event", "X-Gogs-Event", "X-GitHub-Event")
}

// New makes the source.
func New() gitea.Source { return gitea.New("forgejo", header) }
