package bark

import (
	"encoding/json"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// reply is Bark's to everything: a code like HTTP's, and a word.
type reply struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func judge(a chat.Answer) error {
	var r reply
	if !a.OK() {
		if json.Unmarshal(a.Body, &r) != nil {
			r = reply{} // a proxy's page
		}
		return refusal(a, r)
	}
	if err := a.Decode(&r); err != nil {
		return err
	}
	switch r.Code {
	case http.StatusOK:
		return nil
	case 0:
		return retry.Unknown(a.Err("the answer has no code"))
	}
	return refusal(a, r)
}

// refusal reads the word: Apple's own stand in it.
// https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns.
func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.Message)
	switch {
	case a.Foreign():
		return err
	case a.Status == http.StatusTeapot: // what Bark says where a log-in is missing
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case a.Status == http.StatusNotFound: // no Bark answers here
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case has(r.Message, "device token", "device key", "BadDeviceToken", "Unregistered", "DeviceTokenNotForTopic"):
		return retry.Never(err, retry.Broken())
	case has(r.Message, "PayloadTooLarge"), a.Status == http.StatusBadRequest, a.OK() && r.Code == http.StatusBadRequest:
		return retry.Never(err, retry.Degrade())
	case has(r.Message, "TooManyRequests"):
		return a.Later(0, r.Message)
	case a.OK(): // an error of the server's within a 200
		return err
	}
	return a.Refusal(r.Message)
}

func has(words string, any ...string) bool {
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
