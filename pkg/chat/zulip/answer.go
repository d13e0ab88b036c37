package zulip

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

// reply holds what we read of any answer: https://zulip.com/api/rest-error-handling.
type reply struct {
	Result     string  `json:"result"`
	Code       string  `json:"code"`
	Msg        string  `json:"msg"`
	ID         int64   `json:"id"`
	RetryAfter float64 `json:"retry-after"` // seconds
}

func read(a chat.Answer) reply {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil {
		return reply{} // a proxy's page
	}
	return r
}

func (r reply) words() string {
	if r.Code == "" || r.Msg == "" {
		return r.Code + r.Msg
	}
	return r.Code + ": " + r.Msg
}

// judge reads the answer to a message.
func judge(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a, read(a))
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case r.Result == "error":
		return chat.Receipt{}, refusal(a, r)
	case r.Result != "success" || r.ID == 0:
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is no message"))
	}
	return chat.Receipt{MessageID: strconv.FormatInt(r.ID, 10), Rest: rest(a)}, nil
}

// refusal reads the code, and the words where the code says only that something is
// wrong. A limit is the bot's, not a channel's.
func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.words())
	switch r.Code {
	case "RATE_LIMIT_HIT":
		return a.Later(chat.Seconds(r.RetryAfter), r.words(), retry.Scope(retry.Account))
	case "STREAM_DOES_NOT_EXIST", "CHANNEL_DOES_NOT_EXIST":
		return retry.Never(err, retry.Broken())
	case "UNAUTHORIZED", "INVALID_API_KEY", "USER_DEACTIVATED", "REALM_DEACTIVATED":
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case "STREAM_WILDCARD_MENTION_NOT_ALLOWED", "TOPIC_WILDCARD_MENTION_NOT_ALLOWED":
		return retry.Never(err)
	case "BAD_REQUEST":
		if gone(r.Msg) {
			return retry.Never(err, retry.Broken())
		}
		return retry.Never(err, retry.Degrade())
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		return a.Later(chat.Seconds(r.RetryAfter), r.words(), retry.Scope(retry.Account))
	case a.Status == http.StatusRequestEntityTooLarge:
		return retry.Never(err, retry.Degrade())
	case a.OK(): // and an error
		return retry.Never(err)
	}
	return a.Refusal(r.words())
}

// gone: the channel, the right to speak there, or who was to hear it.
func gone(words string) bool {
	words = strings.ToLower(words)
	for _, w := range []string{
		"not authorized to send", "invalid user id", "invalid email", "no longer using zulip", "is deactivated",
		"invalid stream", "invalid channel", "direct messages are disabled", "do not have permission",
	} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}

// rest is for how long nothing is left: until a time, in seconds since 1970.
func rest(a chat.Answer) time.Duration {
	at, err := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || a.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	return min(max(time.Until(time.Unix(at, 0)), 0), longest)
}
