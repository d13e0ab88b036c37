package feishu

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// pause is how long a custom bot rests that spoke too often: its limit counts by
// the minute.
const pause = time.Minute

// reply is what every method answers; an older webhook speaks of StatusCode.
type reply struct {
	Code    *int   `json:"code"`
	Message string `json:"msg"`
	Old     *int   `json:"StatusCode"`
	OldText string `json:"StatusMessage"`
	Data    struct {
		MessageID string `json:"message_id"`
	} `json:"data"`
}

// judge reads the answer: neither 200 nor 400 says much, the code does.
func judge(a chat.Answer) (chat.Receipt, error) {
	var r reply
	if a.OK() {
		if err := a.Decode(&r); err != nil {
			return chat.Receipt{}, err
		}
	} else if json.Unmarshal(a.Body, &r) != nil {
		return chat.Receipt{}, a.Refusal("")
	}
	if r.Code == nil {
		r.Code, r.Message = r.Old, r.OldText
	}
	switch {
	case r.Code == nil && a.OK():
		return chat.Receipt{}, retry.Unknown(a.Err("the answer has no code"))
	case r.Code == nil, *r.Code == 0 && !a.OK():
		return chat.Receipt{}, a.Refusal("")
	case *r.Code == 0:
		return chat.Receipt{MessageID: r.Data.MessageID}, nil
	}
	return chat.Receipt{}, refusal(a, *r.Code, r.Message)
}

// refusal goes by Feishu's own tables: of the custom bot
// (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot), of messages
// (.../server-docs/im-v1/message/create) and of all methods
// (.../server-docs/api-call-guide/generic-error-code).
func refusal(a chat.Answer, code int, words string) error {
	words = fmt.Sprintf("%s (code %d)", words, code)
	err := a.Err(words)
	switch code {
	case 11232: // a custom bot, too often
		return a.Later(pause, words)
	case 230020: // too often in this chat
		return a.Later(reset(a), words)
	case 99991400: // too often
		return a.Later(reset(a), words, retry.Scope(retry.Account))
	case 230049: // the same uuid is on its way
		return err
	case 19021, 19022, // the signature or the clock; a foreign address
		10003, 10005, 10014, 10015, // app unknown, stopped, its secret wrong
		99991661, 99991663, 99991668, 99991671, 99991672, // token; a permission that the app lacks
		230006, 230027: // no bot; a permission
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case 19024, 230022, 230028: // no keyword of the bot's; words that may not be said
		return retry.Never(err)
	}
	return refused(a, code, words)
}

// refused is what concerns one chat, or one message's form.
func refused(a chat.Answer, code int, words string) error {
	err := a.Err(words)
	switch code {
	case 19001, // the webhook is gone
		10002, 230002, 230013, // not in the chat; out of reach for its user
		230018, 230035, 230038, 230075: // muted, blocked, of another company, secret
		return retry.Never(err, retry.Broken())
	case 9499, 19002, 19036, 11246, 230025, 230054, 230099: // form, size, a card's fault
		return retry.Never(err, retry.Degrade())
	case 230001: // some parameter
		if strings.Contains(words, "receive_id") {
			return retry.Never(err, retry.Broken())
		}
		return retry.Never(err, retry.Degrade())
	}
	if code/1000 == 232 { // the chat itself: dissolved, unknown
		return retry.Never(err, retry.Broken())
	}
	return a.Refusal(words)
}

// reset is for how long a limit holds, where its header says so.
func reset(a chat.Answer) time.Duration {
	d, _ := chat.ParseRetryAfter(a.Header.Get("X-Ogw-Ratelimit-Reset"), time.Now())
	return d
}
