package receiver

import (
	"cmp"
	"net/url"
)

// wirePath gives a URL's path as it came over the wire. EscapedPath alone is
// not that: where the caller left a character bare that should be escaped, it
// escapes the decoded path anew, and an escaped slash becomes a real one.
func wirePath(u *url.URL) string {
	return cmp.Or(u.RawPath, u.EscapedPath())
}

// wireTarget is the path with its query, as the sender wrote it.
func wireTarget(u *url.URL, query string) string {
	if query == "" && !u.ForceQuery {
		return wirePath(u)
	}
	return wirePath(u) + "?" + query
}
