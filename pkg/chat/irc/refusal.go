package irc

import (
	"fmt"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// busy is how long a server wants to be left alone that says so and no time.
const busy = 30 * time.Second

// refusal says what an error reply means (RFC 2812 5.2, and IRCv3's 900 ff.).
func (l *line) refusal(m message) error {
	err := fmt.Errorf("%w %s", chat.ErrAnswered, l.words(m))
	switch m.code() {
	case 401, 403, 404, // no such nick, no such channel, cannot send to it
		405, 407, 442, 471, 473, 474, 475, 476, 477, 482, 489: // too many, full, invited only, banned, a wrong key, no such name, registered nicks only
		return retry.Never(err, retry.Broken())
	case 402, 263, 437, 439: // no such server, try again, not available, target changes too fast
		return retry.After(busy, err)
	case 432, 463, 464, 465, 466, 484, 491, 902, 904, 905, 906, 907, 908: // a nick that is none, banned, a wrong password
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case 411, 412, 413, 414, 415, 416, 417: // nothing to say, or too much
		return retry.Never(err)
	case 451: // not registered
		return retry.With(err, retry.Scope(retry.Account))
	}
	return err
}

// words are what the server said, without secrets.
func (l *line) words(m message) string {
	said := m.command + " " + strings.Join(m.params, " ")
	return chat.Words(said, l.hidden...)
}
