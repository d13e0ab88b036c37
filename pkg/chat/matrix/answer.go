package matrix

import (
	"encoding/json"
	"net/http"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// full is how long to wait for a server that takes no more for now: its month's
// users or its disk. Somebody must see to it.
const full = 15 * time.Minute

// reply holds what we read of an answer: an event's id, or an error.
type reply struct {
	EventID      string  `json:"event_id"`
	Code         string  `json:"errcode"`
	Error        string  `json:"error"`
	RetryAfterMS float64 `json:"retry_after_ms"` // deprecated for the header, and still in use
}

func read(a chat.Answer) reply {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil {
		return reply{} // half-read words are no words: a proxy's page
	}
	return r
}

func (r reply) words() string {
	if r.Code == "" || r.Error == "" {
		return r.Code + r.Error
	}
	return r.Code + ": " + r.Error
}

// judge reads the answer to an event.
func judge(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a, read(a))
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	if r.EventID == "" {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is no event"))
	}
	return chat.Receipt{MessageID: r.EventID}, nil
}

// refusal reads the error code:
// https://spec.matrix.org/v1.11/client-server-api/#standard-error-response. Home
// servers limit an account, not a room.
func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.words())
	switch r.Code {
	case "M_LIMIT_EXCEEDED":
		return a.Later(wait(a, r), r.words(), retry.Scope(retry.Account))
	case "M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LIMIT_EXCEEDED":
		return retry.After(full, err, retry.Scope(retry.Account))
	case "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED",
		"M_GUEST_ACCESS_FORBIDDEN", "M_CONSENT_NOT_GIVEN", "M_UNRECOGNIZED": // the last: no home server answers here
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case "M_FORBIDDEN", "M_NOT_FOUND", // not in the room, no right to speak; no such alias
		"M_UNSUPPORTED_ROOM_VERSION": // what Dendrite says of a room that it does not know
		return retry.Never(err, retry.Broken())
	case "M_BAD_JSON", "M_NOT_JSON", "M_INVALID_PARAM", "M_TOO_LARGE":
		return retry.Never(err, retry.Degrade())
	}
	switch a.Status {
	case http.StatusTooManyRequests:
		return a.Later(wait(a, r), r.words(), retry.Scope(retry.Account))
	case http.StatusRequestEntityTooLarge:
		return retry.Never(err, retry.Degrade())
	}
	return a.Refusal(r.words())
}

// wait reads both dialects, the header of v1.10 first.
func wait(a chat.Answer, r reply) time.Duration {
	if d, ok := a.RetryAfter(); ok {
		return d
	}
	return chat.Seconds(r.RetryAfterMS / 1000)
}
