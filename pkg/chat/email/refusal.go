package email

import (
	"fmt"
	"regexp"

	"postern/pkg/retry"
)

var enhanced = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// refusal reads a reply: its code (RFC 5321 4.2), and the enhanced one in front
// of its words where the server has those (RFC 3463).
func refusal(at stage, code int, words string) error {
	err := fmt.Errorf("the server answered %d %s (%s)", code, words, at)
	detail := enhanced.FindString(words)
	account := []retry.Option{retry.Scope(retry.Account)}
	broken := []retry.Option{retry.Scope(retry.Account), retry.Broken()}
	switch {
	case code == 530, code == 534, code == 535, code == 538:
		return retry.Never(err, broken...)
	case code < 500, code > 599: // 421 among them: it is going down, or has too much of us
		if at == receiver || at == handedOver {
			return err
		}
		return retry.With(err, account...)
	case at == greeting, at == login, at == sender: // this client, or this sender, is unwanted
		return retry.Never(err, broken...)
	case at == receiver:
		return unreachable(err, code, detail)
	}
	return unwanted(err, code, detail)
}

// unreachable is about the recipient.
func unreachable(err error, code int, detail string) error {
	switch {
	case detail == "5.2.2", code == 552 && detail == "": // a full mailbox is emptied some day
		return err
	case detail == "5.3.4", detail == "5.2.3":
		return retry.Never(err, retry.Degrade())
	}
	return retry.Never(err, retry.Broken())
}

// unwanted is about the mail itself.
func unwanted(err error, code int, detail string) error {
	switch {
	case code == 552, detail == "5.3.4", detail == "5.2.3": // too large
		return retry.Never(err, retry.Degrade())
	case detail == "5.7.1": // a policy refuses us here
		return retry.Never(err, retry.Broken())
	}
	return retry.Never(err)
}
