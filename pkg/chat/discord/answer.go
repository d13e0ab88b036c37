package discord

import (
	"encoding/json"
	"net/http"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// reply holds what we read of a message, of an error and of a 429.
type reply struct {
	ID         string  `json:"id"`
	Code       int     `json:"code"`
	Message    string  `json:"message"`
	RetryAfter float64 `json:"retry_after"`
	Global     bool    `json:"global"`
}

// judge reads the answer to a message.
func judge(a chat.Answer) (chat.Receipt, error) {
	var r reply
	if a.OK() {
		if err := a.Decode(&r); err != nil {
			return chat.Receipt{}, err
		}
		if r.ID == "" {
			return chat.Receipt{}, retry.Unknown(a.Err("the answer is no message"))
		}
		return chat.Receipt{MessageID: r.ID, Rest: rest(a)}, nil
	}
	if json.Unmarshal(a.Body, &r) != nil {
		r = reply{} // half-read words are no words: a proxy's page, a ban's
	}
	return chat.Receipt{}, refusal(a, r)
}

func refusal(a chat.Answer, r reply) error {
	if a.Status == http.StatusTooManyRequests || r.Code == 20016 || r.Code == 20028 || r.Code == 20029 {
		return limited(a, r)
	}
	err := a.Err(r.Message)
	switch r.Code {
	case 10003, 10004, 10015, // channel, guild, webhook unknown
		50001, 50013, 50007, 50008, // no access, no permission, no DM, no text channel
		50083, 160005, 40067: // thread archived or locked, tag required
		return retry.Never(err, retry.Broken())
	case 50027: // the webhook's token
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case 50035, 50006, 40005, 240000: // form, empty, too large, a forbidden link
		return retry.Never(err, retry.Degrade())
	case 130000: // overloaded
		return err
	}
	return a.Refusal(r.Message)
}

// limited waits as long as the body says, which is more exact than the header.
// A global limit concerns all that the same credentials send; one that is not JSON
// is Cloudflare's, and concerns all that this address sends.
func limited(a chat.Answer, r reply) error {
	reach := retry.Chat
	if !json.Valid(a.Body) {
		reach = retry.Platform
	}
	if r.Global || a.Header.Get("X-RateLimit-Global") == "true" || a.Header.Get("X-RateLimit-Scope") == "global" {
		reach = retry.Account
	}
	return a.Later(chat.Seconds(r.RetryAfter), r.Message, retry.Scope(reach))
}

// rest is for how long nothing is left of the channel's limit, as the answer to a
// message that was taken says.
func rest(a chat.Answer) time.Duration {
	if a.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	d, _ := chat.ParseRetryAfter(a.Header.Get("X-RateLimit-Reset-After"), time.Now())
	return d
}
