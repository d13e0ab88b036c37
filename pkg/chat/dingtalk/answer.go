package dingtalk

import (
	"fmt"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// muted is how long a robot is silent that spoke too often.
const muted = 10 * time.Minute

// reply is what DingTalk answers, and in its second half what the gate before
// it does.
type reply struct {
	Code    *int    `json:"errcode"`
	Message string  `json:"errmsg"`
	Status  int     `json:"status"`
	Punish  string  `json:"punish"`
	Wait    float64 `json:"wait"` // seconds
}

// judge reads the answer: 200 says nothing, errcode does.
func judge(a chat.Answer) error {
	if !a.OK() {
		return a.Refusal("")
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return err
	}
	switch {
	case r.Code != nil && *r.Code == 0:
		return nil
	case r.Code != nil:
		return r.refusal(a)
	case r.Punish != "" || r.Status == 1111:
		return a.Later(chat.Seconds(r.Wait), "")
	}
	return retry.Unknown(a.Err("the answer has no errcode"))
}

// refusal goes by DingTalk's own table, of
// https://open.dingtalk.com/document/robots/custom-robot-access, and by codes
// that people have met since: 300001, 300005, 130101, 460101.
func (r reply) refusal(a chat.Answer) error {
	words := fmt.Sprintf("%s (errcode %d)", r.Message, *r.Code)
	err := a.Err(words)
	switch *r.Code {
	case -1: // busy
		return err
	case 130101, 410100: // too often
		return a.Later(muted, words)
	case 300001, 300005, 400101, 400102, 400106, 400013: // token or robot unknown, stopped; group gone
		return retry.Never(err, retry.Broken())
	case 310000:
		return r.unproven(err)
	case 40035, 43004, 400105, 460101: // form, content type, kind of message, size
		return retry.Never(err, retry.Degrade())
	}
	return retry.Never(err)
}

// unproven: one code for a bad signature, a foreign address, and a message
// without any of the robot's keywords. Only the last concerns this message alone.
func (r reply) unproven(err error) error {
	if strings.Contains(r.Message, "keyword") || strings.Contains(r.Message, "关键词") {
		return retry.Never(err)
	}
	return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
}
