package googlechat

import (
	"encoding/json"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// reply holds what we read of a message and of an error.
type reply struct {
	Name  string `json:"name"` // spaces/{space}/messages/{message}
	Error struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"error"`
}

// judge reads the answer: a message, or an error in Google's own words for all
// of its services: https://cloud.google.com/apis/design/errors.
func judge(a chat.Answer) (chat.Receipt, error) {
	var r reply
	if a.OK() {
		if err := a.Decode(&r); err != nil {
			return chat.Receipt{}, err
		}
		if r.Name == "" {
			return chat.Receipt{}, retry.Unknown(a.Err("the answer is no message"))
		}
		return chat.Receipt{MessageID: r.Name}, nil
	}
	if json.Unmarshal(a.Body, &r) != nil {
		r = reply{} // half-read words are no words: a proxy's page
	}
	return chat.Receipt{}, r.refusal(a)
}

func (r reply) refusal(a chat.Answer) error {
	words := strings.TrimSpace(r.Error.Status + " " + r.Error.Message)
	err := a.Err(words)
	switch r.Error.Status {
	case "RESOURCE_EXHAUSTED":
		return a.Later(0, words)
	case "UNAUTHENTICATED", "PERMISSION_DENIED":
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case "NOT_FOUND": // the space, or the webhook's token
		return retry.Never(err, retry.Broken())
	case "INVALID_ARGUMENT":
		if strings.Contains(r.Error.Message, "API key") { // the key of the URL is an argument too
			return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
		}
		return retry.Never(err, retry.Degrade())
	case "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED":
		return err
	}
	return a.Refusal(words)
}
