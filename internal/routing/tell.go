package routing

import (
	"postern/internal/job"
	"postern/pkg/chat"
)

// Inputs are what filters and templates see beside the event.
type Inputs struct {
	Payload any               // webhook.Request.Payload
	Headers map[string]string // lower-case names, first values
	Query   map[string]string // first values
}

// Telling is one message for one chat.
type Telling struct {
	Chat    Chat
	Message chat.Message
}

// Told is what an endpoint's rules make of one event.
type Told struct {
	Tellings []Telling
	Warnings []job.Warning
}
