package config

import (
	"strconv"
	"strings"
)

// path is the keys that lead to a place, each after a separator that no reader
// sees: a key may hold dots of its own.
type path string

const (
	beforeKey  = "\x00"
	beforeItem = "\x01"
)

func (p path) key(name string) path {
	if p == "" {
		return path(name)
	}
	return p + beforeKey + path(name)
}

func (p path) item(i int) path { return p + beforeItem + path("["+strconv.Itoa(i)+"]") }

// String is the path as it is shown: plugins.acme.repos.webhooks./github.
func (p path) String() string {
	return strings.NewReplacer(beforeKey, ".", beforeItem, "").Replace(string(p))
}

// below gives the first key or item that leads from p to a place under it.
func (p path) below(upper path) (step string, ok bool) {
	rest, ok := strings.CutPrefix(string(p), string(upper))
	switch {
	case !ok || rest == "":
		return "", false
	case upper == "":
	case strings.HasPrefix(rest, beforeKey), strings.HasPrefix(rest, beforeItem):
		rest = rest[1:]
	default:
		return "", false
	}
	if end := strings.IndexAny(rest, beforeKey+beforeItem); end >= 0 {
		rest = rest[:end]
	}
	return rest, true
}
