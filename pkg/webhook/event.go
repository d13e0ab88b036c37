package webhook

import "time"

// Severity says how much an event matters, from "debug" to "critical".
type Severity string

// The severities, from the least.
const (
	Debug    Severity = "debug"
	Info     Severity = "info"
	Notice   Severity = "notice"
	Warning  Severity = "warning"
	Error    Severity = "error"
	Critical Severity = "critical"
)

// Event is what happened, in neutral words: the same fields for every source,
// and the same names in filters, templates and the outgoing webhook. Its texts
// come from outside: who shows one escapes it for the place where it is shown.
type Event struct {
	Source     string    `json:"source"`      // "github"
	Type       string    `json:"type"`        // the sender's own word: "pull_request"
	Action     string    `json:"action"`      // "opened", or empty
	DeliveryID string    `json:"delivery_id"` // the sender's id of this delivery, or empty
	Severity   Severity  `json:"severity"`
	Title      string    `json:"title"`   // one English line that names place, actor and thing
	Summary    string    `json:"summary"` // one line more, or empty
	Body       string    `json:"body"`    // an excerpt of what a person wrote, or empty
	URL        string    `json:"url"`     // where to look at it
	Branch     string    `json:"branch"`  // the one pushed to, or a pull request's target
	Author     string    `json:"author"`  // who wrote the thing, where that differs from who acted
	Thread     string    `json:"thread"`  // events of one thing share it: "github:acme/widgets#12"
	OccurredAt time.Time `json:"occurred_at"`
	Actor      Party     `json:"actor"`     // who did it
	Container  Party     `json:"container"` // where: repository, project, monitor
	Subject    Subject   `json:"subject"`   // what it was done to
	Labels     []string  `json:"labels"`
	Paths      []string  `json:"paths"`  // files touched, where the sender says
	Fields     []Field   `json:"fields"` // further facts, in the order to be shown
	Links      []Link    `json:"links"`

	Draft        bool `json:"draft"`
	Confidential bool `json:"confidential"`

	// Default says that a rule without filters tells this event: it is among
	// its source's default events.
	Default bool `json:"-"`
	// Detail is the source's own, for its Message; nobody else reads it and
	// it is never stored.
	Detail any `json:"-"`
}

// Party is a person, a bot, a repository or a project.
type Party struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Subject is the thing an event is about.
type Subject struct {
	Title  string `json:"title"`
	Number string `json:"number"` // "12", or empty
	URL    string `json:"url"`
}

// Field is one further fact.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Link is a text with an address.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}
