package rocketchat

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// longest is the longest rest that is believed.
const longest = 15 * time.Minute

// reply holds what we read of any answer.
type reply struct {
	Success *bool  `json:"success"`
	Error   string `json:"error"`
	Type    string `json:"errorType"`
	Message any    `json:"message"` // a text where the login is refused, the message where it was sent
}

func read(a chat.Answer) reply {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil {
		return reply{} // a proxy's page
	}
	return r
}

func (r reply) words() string {
	if r.Error != "" {
		return r.Error
	}
	text, _ := r.Message.(string)
	return text
}

// judge reads the answer: success says yes, whatever the status.
func judge(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a, read(a))
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case r.Success == nil:
		return chat.Receipt{}, retry.Unknown(a.Err("the answer says neither success nor error"))
	case !*r.Success:
		return chat.Receipt{}, refusal(a, r)
	}
	return chat.Receipt{Rest: rest(a)}, nil
}

// double reports whether the server may mean that the message is there already: newer
// ones stumble over the message that they did not save again, older ones repeat what
// their database says.
func double(a chat.Answer) bool {
	words := read(a).words()
	return a.Status == http.StatusBadRequest &&
		(strings.Contains(words, "E11000") || strings.Contains(words, "of undefined"))
}

// refusal reads the words: the server's errors are codes in their beginning, or no
// codes at all (apps/meteor/app/lib/server/methods/sendMessage.ts and
// apps/meteor/app/integrations/server/api in its source).
func refusal(a chat.Answer, r reply) error {
	words := r.words()
	err := a.Err(words)
	switch {
	case a.Status == http.StatusTooManyRequests, has(words, "error-too-many-requests", "too many requests"):
		return a.Later(reset(a), words, retry.Scope(retry.Account)) // an address is counted, not a room
	case a.Status == http.StatusRequestEntityTooLarge, has(words, "error-message-size-exceeded", "invalid attachment", "invalid href value"):
		return retry.Never(err, retry.Degrade())
	case has(words, "error-invalid-user", "you must be logged in"):
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case has(words, gone()...):
		return retry.Never(err, retry.Broken())
	}
	if a.OK() { // and no success
		return retry.Never(err)
	}
	return a.Refusal(words)
}

// gone: the room, the webhook, or the right to speak there.
func gone() []string {
	return []string{
		"error-invalid-room", "error-room-not-found", "error-room-does-not-exist", "error-not-allowed", "error-action-not-allowed",
		"room_is_archived", "room is archived", "room_is_blocked", "room-is-readonly", "you_have_been_muted", "you can't send messages",
		"invalid integration id or token", "invalid-channel", "overriding destination channel is disabled",
	}
}

func has(words string, any ...string) bool {
	words = strings.ToLower(words)
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}

// reset is until the limit begins anew: a time, in milliseconds since 1970.
func reset(a chat.Answer) time.Duration {
	at, err := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return max(time.Until(time.UnixMilli(at)), 0)
}

// rest is for how long nothing is left.
func rest(a chat.Answer) time.Duration {
	if a.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return min(reset(a), longest)
}
