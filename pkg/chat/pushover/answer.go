package pushover

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// minWait is how long Pushover wants to be left alone after a fault of its own:
// https://pushover.net/api#friendly.
const minWait = 5 * time.Second

// reply is Pushover's to everything. A field that was refused stands beside the
// errors, as "invalid".
type reply struct {
	Status  int      `json:"status"`
	Request string   `json:"request"`
	Errors  []string `json:"errors"`
	Token   any      `json:"token"`
	User    any      `json:"user"`
}

func judge(a chat.Answer, now time.Time) (chat.Receipt, error) {
	var r reply
	if !a.OK() {
		if json.Unmarshal(a.Body, &r) != nil {
			r = reply{} // a proxy's page
		}
		return chat.Receipt{}, refusal(a, r, now)
	}
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case r.Status == 1:
		return chat.Receipt{MessageID: r.Request, Rest: rest(a, now)}, nil
	case len(r.Errors) > 0:
		return chat.Receipt{}, refusal(a, r, now)
	}
	return chat.Receipt{}, retry.Unknown(a.Err("the answer says neither ok nor error"))
}

// refusal reads which field was refused: the status of nearly all is 400.
func refusal(a chat.Answer, r reply, now time.Time) error {
	words := strings.Join(r.Errors, "; ")
	switch {
	case a.Status == http.StatusTooManyRequests: // the month's messages
		return a.Later(rest(a, now), words, retry.Scope(retry.Account))
	case r.Token != nil:
		return retry.Never(a.Err(words), retry.Broken(), retry.Scope(retry.Account))
	case r.User != nil:
		return retry.Never(a.Err(words), retry.Broken())
	case a.Status == http.StatusBadRequest, a.Status == http.StatusRequestEntityTooLarge, a.OK():
		return retry.Never(a.Err(words), retry.Degrade())
	case a.Status >= http.StatusInternalServerError && a.Status != http.StatusGatewayTimeout:
		wait, _ := a.RetryAfter()
		return a.Later(max(wait, minWait), words)
	}
	return a.Refusal(words)
}

// rest is for how long nothing is left of the month's messages, as the headers
// say, at most as long as one wait may be.
func rest(a chat.Answer, now time.Time) time.Duration {
	reset, err := strconv.ParseInt(a.Header.Get("X-Limit-App-Reset"), 10, 64)
	if err != nil || a.Header.Get("X-Limit-App-Remaining") != "0" {
		return 0
	}
	return chat.Seconds(time.Unix(reset, 0).Sub(now).Seconds())
}
