// Package gogs understands Gogs's webhooks: a part of Gitea's, under headers
// of their own. It looks at no header that imitates GitHub. All wording is
// package gitea's.
package gogs

import (
	"postern/pkg/source"
	"postern/pkg/source/gitea"
)

// header is what the names of Gogs's own headers begin with.
const header = "X-Gogs-"

// Definition registers this source as "gogs".
func Definition() source.Definition { return gitea.Define("gogs", header, samples, "X-GitHub-Event") }

// New makes the source.
func New() gitea.Source { return gitea.New("gogs", header) }
