package onebot_v11

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// calm is how long an account rests that QQ's risk control has noticed, or
// that is muted.
const calm = 5 * time.Minute

type reply struct {
	Status  string          `json:"status"`
	RetCode int             `json:"retcode"`
	Message string          `json:"message"`
	Wording string          `json:"wording"`
	Data    json.RawMessage `json:"data"`
}

// judge reads the answer: 200 says nothing, status and retcode do.
func judge(a chat.Answer) (chat.Receipt, error) {
	switch {
	case a.Status == http.StatusNotFound:
		// Unknown action: no OneBot server answers here.
		return chat.Receipt{}, retry.Never(a.Err(""), retry.Broken(), retry.Scope(retry.Account))
	case !a.OK():
		return chat.Receipt{}, a.ByStatus("")
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	switch r.Status {
	case "ok":
		return chat.Receipt{MessageID: r.messageID()}, nil
	case "async":
		return chat.Receipt{Queued: true}, nil
	case "failed":
		return chat.Receipt{}, r.refusal(a)
	}
	return chat.Receipt{}, retry.Unknown(a.Err("the answer has no status"))
}

func (r reply) messageID() string {
	var data struct {
		MessageID json.Number `json:"message_id"`
	}
	if json.Unmarshal(r.Data, &data) != nil {
		return ""
	}
	return data.MessageID.String()
}

func (r reply) words() string {
	words := r.Wording
	if words == "" {
		words = r.Message
	}
	return strings.TrimSpace(words + " (retcode " + strconv.Itoa(r.RetCode) + ")")
}

// refusal looks for words: implementations share no list of codes.
func (r reply) refusal(a chat.Answer) error {
	err := a.Err(r.words())
	words := strings.ToLower(r.Wording + " " + r.Message)
	switch {
	case has(words, "禁言", "风控", "risk control"):
		return a.Later(calm, r.words())
	case has(words, "不在群", "不是群成员", "群不存在", "好友不存在", "not found", "not in group"):
		return retry.Never(err, retry.Broken())
	case has(words, "超时", "timeout", "timed out"):
		return retry.Unknown(err) // QQ did not answer the server: it may have gone out
	}
	switch r.RetCode {
	case http.StatusBadRequest, 1400, 1404, 100:
		return retry.Never(err)
	case 1401, 1403:
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	}
	return err
}

func has(words string, any ...string) bool {
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
