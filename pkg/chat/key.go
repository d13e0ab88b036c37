package chat

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxChannel is the longest channel, in bytes.
const maxChannel = 200

var adapterName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Key names a chat: adapter "-" channel, split at the first "-". The adapter
// is the name of an account, the channel is the platform's own and opaque.
type Key struct {
	Adapter string
	Channel string
}

// ParseKey splits s at its first "-" and checks both halves.
func ParseKey(s string) (Key, error) {
	adapter, channel, ok := strings.Cut(s, "-")
	if !ok {
		return Key{}, fmt.Errorf("%q is no chat key: it has no %q", s, "-")
	}
	if !ValidName(adapter) {
		return Key{}, fmt.Errorf("%q is no chat key: the adapter is not like [a-z][a-z0-9_]*", s)
	}
	if err := checkChannel(channel); err != nil {
		return Key{}, fmt.Errorf("%q is no chat key: %w", s, err)
	}
	return Key{Adapter: adapter, Channel: channel}, nil
}

// String gives the key as it is written.
func (k Key) String() string { return k.Adapter + "-" + k.Channel }

// ValidName reports whether s may be an alias or an account's name.
func ValidName(s string) bool { return adapterName.MatchString(s) }

func checkChannel(c string) error {
	switch {
	case c == "":
		return errors.New("the channel is empty")
	case len(c) > maxChannel:
		return fmt.Errorf("the channel is longer than %d bytes", maxChannel)
	case !utf8.ValidString(c):
		return errors.New("the channel is not UTF-8")
	case strings.ContainsFunc(c, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errors.New("the channel holds a space or a control character")
	}
	return nil
}
