package mattermost

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// fault is an error as Mattermost writes it.
type fault struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

// judgeHook reads a webhook's answer: "ok". A 2xx that says anything else comes
// from somebody else, a proxy for one.
func judgeHook(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a)
	}
	if word := strings.TrimSpace(string(a.Body)); word != "ok" && word != "" {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is not ok"))
	}
	return chat.Receipt{Rest: rest(a)}, nil
}

// judgeBot reads the post that was created, or was there already.
func judgeBot(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a)
	}
	var p struct {
		ID string `json:"id"`
	}
	if err := a.Decode(&p); err != nil {
		return chat.Receipt{}, err
	}
	if p.ID == "" {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is no post"))
	}
	return chat.Receipt{MessageID: p.ID, Rest: rest(a)}, nil
}

// refusal reads the error's id. They are those of the server's source: what creates
// a post (channels/app/post.go) and what takes a webhook (channels/app/webhook.go).
func refusal(a chat.Answer) error {
	var f fault
	if json.Unmarshal(a.Body, &f) != nil {
		f = fault{} // a proxy's page
	}
	words := strings.TrimSpace(f.ID + ": " + f.Message)
	if f.ID == "" {
		words = f.Message
	}
	err := a.Err(words)
	switch {
	case a.Status == http.StatusTooManyRequests: // whoever calls from here is counted, not a channel
		return a.Later(0, words, retry.Scope(retry.Account))
	case a.Status == http.StatusRequestEntityTooLarge, malformed(f.ID):
		return retry.Never(err, retry.Degrade())
	case gone(f):
		return retry.Never(err, retry.Broken())
	case f.ID == "web.incoming_webhook.disabled.app_error": // all webhooks of the server, with a 501
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	}
	return a.Refusal(words)
}

// gone: the channel, the webhook, or the right to post there.
func gone(f fault) bool {
	switch f.ID {
	case "api.context.permissions.app_error",
		"api.post.create_post.can_not_post_to_deleted.error",
		"api.post.create_post.can_not_post_in_restricted_dm.error",
		"api.post.create_post.town_square_read_only",
		"app.channel.get.existing.app_error", "app.channel.get_by_name.missing.app_error",
		"app.team.get_by_name.missing.app_error",
		"web.incoming_webhook.invalid.app_error", "web.incoming_webhook.channel.app_error",
		"web.incoming_webhook.channel_locked.app_error", "web.incoming_webhook.permissions.app_error",
		"web.incoming_webhook.user.app_error":
		return true
	case "api.context.invalid_param.app_error": // what is said of a channel that is not there
		return strings.Contains(f.Message, "channel_id")
	}
	return false
}

func malformed(id string) bool {
	switch id {
	case "model.post.is_valid.message_length.app_error", "model.post.is_valid.props.app_error",
		"web.incoming_webhook.parse.app_error", "web.incoming_webhook.text.app_error",
		"web.incoming_webhook.split_props_length.app_error":
		return true
	}
	return false
}

// rest is when the next request may come, where nothing is left: the server says
// how many it takes in one go, and after how long it would take as many again.
func rest(a chat.Answer) time.Duration {
	if a.Header.Get("X-RateLimit-Remaining") != "0" {
		return 0
	}
	whole, _ := chat.ParseRetryAfter(a.Header.Get("X-RateLimit-Reset"), time.Now())
	limit, err := strconv.Atoi(a.Header.Get("X-RateLimit-Limit"))
	if err != nil || limit < 1 {
		return whole
	}
	return whole / time.Duration(limit)
}
