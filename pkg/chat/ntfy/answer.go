package ntfy

import (
	"encoding/json"
	"net/http"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

const (
	fiveMinutes = 5 * time.Minute
	// untilTomorrow is how long a used-up day's quota waits: as long as one wait
	// may be; ntfy does not say when the day ends.
	untilTomorrow = 15 * time.Minute
	// dayBandwidth is the code of a used-up day's bandwidth, which only files take.
	dayBandwidth = 42905
)

// reply is a message that was taken, or an error with a code of five digits:
// https://github.com/binwiederhier/ntfy/blob/main/server/errors.go.
type reply struct {
	ID    string `json:"id"`
	Code  int    `json:"code"`
	Error string `json:"error"`
}

func judge(a chat.Answer) (chat.Receipt, error) {
	if !a.OK() {
		return chat.Receipt{}, refusal(a, read(a))
	}
	var r reply
	if err := a.Decode(&r); err != nil {
		return chat.Receipt{}, err
	}
	if r.ID == "" {
		return chat.Receipt{}, retry.Unknown(a.Err("the answer is no message"))
	}
	return chat.Receipt{MessageID: r.ID}, nil
}

// read is what an error says of itself; nothing where it is a proxy's page.
func read(a chat.Answer) reply {
	var r reply
	if json.Unmarshal(a.Body, &r) != nil {
		return reply{}
	}
	return r
}

func refusal(a chat.Answer, r reply) error {
	err := a.Err(r.Error)
	if a.Foreign() {
		return err
	}
	switch r.Code {
	case 40009, 40010, 40301: // no such topic can be, or it is not ours to publish to
		return retry.Never(err, retry.Broken())
	case 42904, dayBandwidth, 42908: // topics on the server, the day's bandwidth, the day's messages
		return a.Later(untilTomorrow, r.Error, retry.Scope(retry.Account))
	case 42909: // failed log-ins
		return a.Later(time.Minute, r.Error, retry.Scope(retry.Account))
	}
	switch a.Status {
	case http.StatusTooManyRequests: // of this address or user, whatever the topic
		return a.Later(0, r.Error, retry.Scope(retry.Account))
	case http.StatusNotFound: // no ntfy answers here
		return retry.Never(err, retry.Broken(), retry.Scope(retry.Account))
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return retry.Never(err, retry.Degrade())
	}
	return a.Refusal(r.Error)
}
