package wecom

import (
	"fmt"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// window is in what time WeCom counts a robot's messages.
const window = time.Minute

type reply struct {
	Code    *int   `json:"errcode"`
	Message string `json:"errmsg"`
}

// judge reads the answer: 200 says nothing, errcode does. The codes are those of
// https://developer.work.weixin.qq.com/document/path/90313.
func judge(a chat.Answer) error {
	if !a.OK() {
		return a.Refusal("")
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return err
	}
	if r.Code == nil {
		return retry.Unknown(a.Err("the answer has no errcode"))
	}
	words := fmt.Sprintf("%s (errcode %d)", r.Message, *r.Code)
	err := a.Err(words)
	switch *r.Code {
	case 0:
		return nil
	case -1: // busy
		return err
	case 45009, 45033: // too often, too many at a time
		return a.Later(window, words)
	case 93000, 93008, 41001: // the key is unknown, the robot out of its group, no key at all
		return retry.Never(err, retry.Broken())
	case 40008, 40058, 44004, 45002: // kind, parameter, empty, size
		return retry.Never(err, retry.Degrade())
	}
	return retry.Never(err)
}
