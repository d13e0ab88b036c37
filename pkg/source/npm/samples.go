package npm

import "embed"

// samples are requests as the service sends them.
//
//go:embed samples
var samples embed.FS
