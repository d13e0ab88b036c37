package line

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// untilNextMonth is how long a used-up month's quota waits: as long as one wait may
// be, for somebody may buy more.
const untilNextMonth = 15 * time.Minute

// reply is what LINE took, or an error:
// https://developers.line.biz/en/reference/messaging-api/#error-responses.
type reply struct {
	Sent []struct {
		ID string `json:"id"`
	} `json:"sentMessages"`
	Message string `json:"message"`
	Details []struct {
		Message  string `json:"message"`
		Property string `json:"property"`
	} `json:"details"`
}

// words are the message, and what is wrong with which property.
func (r reply) words() string {
	words := []string{r.Message}
	for _, d := range r.Details {
		words = append(words, strings.TrimSpace(d.Property+" "+d.Message))
	}
	return strings.Join(words, "; ")
}

// judge reads the answer. 409 says that this very push was taken before.
func judge(a chat.Answer) (chat.Receipt, error) {
	var r reply
	if !a.OK() {
		if json.Unmarshal(a.Body, &r) != nil {
			r = reply{} // a proxy's page
		}
		if accepted := a.Header.Get("X-Line-Accepted-Request-Id"); a.Status == http.StatusConflict && accepted != "" {
			return r.receipt(), nil
		}
		return chat.Receipt{}, refusal(a, r)
	}
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	if len(r.Sent) == 0 {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer names no message"))
	}
	return r.receipt(), nil
}

func (r reply) receipt() chat.Receipt {
	if len(r.Sent) == 0 {
		return chat.Receipt{}
	}
	return chat.Receipt{MessageID: r.Sent[0].ID}
}

func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.words())
	words := strings.ToLower(r.Message)
	switch a.Status {
	case http.StatusTooManyRequests:
		if strings.Contains(words, "monthly limit") {
			return a.Later(untilNextMonth, r.words(), retry.Scope(retry.Account))
		}
		return a.Later(0, r.words(), retry.Scope(retry.Account))
	case http.StatusConflict: // without the header it may be anybody's
		return retry.Unknown(err)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		if strings.Contains(words, "failed to send") || r.concerns("to") { // no such user or group, or not our friend
			return retry.Never(err, retry.Broken())
		}
		return retry.Never(err, retry.Degrade())
	}
	return a.Refusal(r.words())
}

func (r reply) concerns(property string) bool {
	for _, d := range r.Details {
		if d.Property == property {
			return true
		}
	}
	return false
}
