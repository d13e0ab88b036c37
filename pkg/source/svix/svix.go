// Package svix understands what is sent through Svix: Standard Webhooks under
// headers of Svix's own. What it reads, package standardwebhooks knows.
package svix

import (
	"postern/pkg/source"
	standardwebhooks "postern/pkg/source/standard_webhooks"
)

// Definition registers this source as "svix".
func Definition() source.Definition { return standardwebhooks.DefinitionOf("svix", "svix-", samples) }
