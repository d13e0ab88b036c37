package sns

import (
	"strings"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// message is the text fields of a message, not yet believed.
type message map[string]string

func read(body []byte) (message, error) {
	value, err := webhook.DecodeJSON(body)
	if err != nil {
		return nil, verify.Missing("the body is no message of SNS, so it holds no Signature")
	}
	fields, _ := value.(map[string]any)
	m := message{}
	for name, field := range fields {
		if text, ok := field.(string); ok {
			m[name] = text
		}
	}
	if m["Signature"] == "" {
		return nil, verify.Missing("the Signature is missing from the body")
	}
	return m, nil
}

// signed writes the fields that a message of its type has, each name and value
// in a line. Only Message and Subject may hold line breaks, or a field could
// pass for another.
func (m message) signed() (string, error) {
	if version := m["SignatureVersion"]; version != "1" && version != "2" {
		return "", verify.Reject("the SignatureVersion is neither 1 nor 2")
	}
	var names []string
	switch m["Type"] {
	case "Notification":
		names = []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	default:
		return "", verify.Reject("the Type is none that SNS signs")
	}
	var text strings.Builder
	for _, name := range names {
		value, there := m[name]
		if !there && name == "Subject" {
			continue
		}
		if name != "Message" && name != "Subject" && (value == "" || strings.Contains(value, "\n")) {
			return "", verify.Reject("the " + name + " is not what SNS sends")
		}
		text.WriteString(name + "\n" + value + "\n")
	}
	return text.String(), nil
}
