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
func wireTarget(u *url.URL) string { return target(wirePath(u), u.RawQuery, u.ForceQuery) }

// target is a path with its query; force tells a question mark with nothing
// behind it.
func target(path, query string, force bool) string {
	if query == "" && !force {
		return path
	}
	return path + "?" + query
}
