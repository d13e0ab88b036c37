package rejections

import (
	"fmt"
	"strings"

	"postern/internal/config"
	"postern/internal/routing"
)

// nearly is the most letters that a mistyped path may be off by.
const nearly = 2

// nowhere finds what a path without an endpoint was meant to be. It is said to
// the operator alone: to callers an endpoint that is disabled is none.
func (k *Keeper) nowhere(path string) string {
	var siblings []string
	for _, e := range k.opt.Endpoints() {
		address := filled("/api/plugin/"+e.Plugin+"/webhook"+e.Path, path)
		if says := meant(path, address, e); says != "" {
			return says
		}
		if strings.HasPrefix(path, "/api/plugin/"+e.Plugin+"/") {
			siblings = append(siblings, e.Path)
		}
	}
	if len(siblings) > 0 {
		return "this plugin has no such endpoint, it has " + strings.Join(siblings[:min(len(siblings), 5)], ", ")
	}
	return ""
}

// filled puts a path's own segments in the place of an address's parameters.
func filled(address, path string) string {
	segments, called := strings.Split(address, "/"), strings.Split(path, "/")
	for i := range min(len(segments), len(called)) {
		if strings.HasPrefix(segments[i], "{") && called[i] != "" {
			segments[i] = called[i]
		}
	}
	return strings.Join(segments, "/")
}

// meant says how a path differs from an endpoint's address, where it is near.
func meant(path, address string, e *routing.Endpoint) string {
	name := e.Path + " of " + e.Plugin
	short := strings.TrimPrefix(address, "/api/plugin")
	switch {
	case path == address && e.Disabled:
		return "the endpoint " + name + " is disabled"
	case path == address:
		return ""
	case strings.TrimRight(path, "/") == strings.TrimRight(address, "/"):
		return fmt.Sprintf("the path differs from %s by a slash at its end, which is significant", address)
	case strings.EqualFold(path, address):
		return fmt.Sprintf("the path differs from %s in upper and lower case only", address)
	case path == e.Path, path == "/webhook"+e.Path, path == short, strings.HasSuffix(path, address):
		return fmt.Sprintf("the endpoint %s is at %s", name, address)
	case config.Distance(path, address) <= nearly:
		return fmt.Sprintf("no endpoint is at this path; was %s meant?", address)
	default:
		return ""
	}
}
