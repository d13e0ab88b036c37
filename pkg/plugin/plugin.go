// Package plugin is how Go code mounts webhook endpoints: a key, a settings
// struct, and endpoints that either Respond at once or are handled by a
// worker. It starts nothing and knows neither Redis nor HTTP servers; a program
// is made of plugins by postern.Main.
package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Plugin is a value: what a third party adds to Postern. It is switched on by
// its key in the config.
type Plugin struct {
	Key string // "author.module", each [A-Za-z0-9_-]+
	// Mount makes the endpoints. decode fills the plugin's settings struct
	// strictly (fields tagged `yaml:"name"`). Nil for a plugin that only
	// brings chats, sources or schemes.
	Mount func(decode func(into any) error) ([]Endpoint, error)

	Chats   []chat.Definition
	Sources []source.Definition
	Schemes []verify.Definition
}

// Define makes a Plugin of a settings type and the function that mounts its
// endpoints. Use struct{} as the settings of a plugin that has none; secrets
// are fields of type secret.Text, chats of type ChatName.
func Define[S any](key string, mount func(S) ([]Endpoint, error)) Plugin {
	return Plugin{Key: key, Mount: func(decode func(any) error) ([]Endpoint, error) {
		var settings S
		if err := decode(&settings); err != nil {
			return nil, err
		}
		return mount(settings)
	}}
}

// ChatName is a setting that names a chat, by alias or chat key; empty: none. One
// that nobody defined is a fault of the config, with its place.
type ChatName string

// Endpoint is one mounted URL. It has either Respond, or Handle with an
// optional Accept. The functions may be called concurrently; a panic in one is
// that request's error, never the program's.
type Endpoint struct {
	Endpoint    string // path below /api/plugin/{key}/webhook, may hold parameters: "/resource/{id}"
	Name        string
	Description string
	Methods     []string // none: all
	MaxBody     int64    // bytes; 0: the receiver's default

	// Source, if set, gives event type, delivery id, handshakes and built-in
	// messages, and, where Verify is nil, the verification.
	Source source.Source
	// SourceName is what events of it are called; without Source, "generic".
	SourceName string
	// Verify proves a request genuine. An endpoint with neither Verify nor a
	// Source that signs is refused at start; verify none.Verifier{} to mean it.
	Verify verify.Verifier

	// Types declare the Go types of query, body and answer. A body that is not
	// JSON or does not fit is 400 invalid_payload before any function is called,
	// and so is a query parameter that does not fit, or that is given twice where
	// its field is no list.
	Types Types

	// Respond answers at once; nothing is stored. A Refusal (see Invalid and
	// Forbidden) is the answer it names, webhook.ErrPayload is 400
	// invalid_payload, any other error is 500.
	Respond func(ctx context.Context, r *webhook.Request) (webhook.Response, error)

	// Accept runs in the receiver, after verification and before the event is
	// stored: pure, and bounded in time. It refuses, or adds to the answer.
	Accept func(r *webhook.Request) (Acceptance, error)
	// Handle runs on a worker, at least once, until ctx ends. Its result
	// (anything encoding/json takes, at most 64 KiB) and its error become the
	// job's; the error says whether to try again (package retry).
	Handle func(ctx context.Context, job Job) (result any, err error)
}

// Types declares Go types for OpenAPI and for checking; see TypeOf.
type Types struct {
	Query  reflect.Type
	Body   reflect.Type
	Answer reflect.Type
}

// TypeOf gives the type T for Types.
func TypeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Acceptance is what an Accept adds to the 202.
type Acceptance struct {
	TaskID  *string        // the caller's own name for the work, or nil
	Message string         // the answer's message; empty: a standard one
	Fields  map[string]any // further members of the answer; they never replace the standard ones
	Chats   []string       // chats the caller named: each must be in the endpoint's allow_chats
}

// Job is one accepted request, as Handle sees it. Its methods are safe for
// concurrent use and end with the context they are given. Once the job was
// canceled, or another worker has it, they change nothing and give an error that
// is context.Canceled.
type Job interface {
	ID() string
	Request() *webhook.Request // without credentials
	Locale() source.Locale     // the endpoint's
	Attempt() int              // its number: 1 for the first
	// Progress replaces the job's progress: percent 0 to 100, and a word.
	Progress(ctx context.Context, percent int, message string) error
	// Send puts a message into a chat's mailbox, named by alias or chat key.
	// It is sent by itself, with its own retries. An empty chat is a warning
	// of the job and no error. A chat that this worker does not know is an
	// error: return it, wrapped or not, and the job is left to workers that
	// know the chat, at no cost; go on, and the message is not sent, with a
	// warning. The same key to the same chat is sent once per job; an empty
	// key means a hash of the message, and the same message twice is then one.
	Send(ctx context.Context, to, key string, m chat.Message) error
	// Warn adds a warning to the job.
	Warn(ctx context.Context, code, message string) error
}

// Refusal is an error that is an answer: a status and a code of the contract.
type Refusal struct { //nolint:errname // it is an answer first, and an error only on its way there
	Status int
	Code   string
	Detail string // told to the caller
}

func (r *Refusal) Error() string { return r.Detail }

// Invalid refuses with 400 invalid_payload.
func Invalid(format string, args ...any) error {
	return &Refusal{Status: 400, Code: "invalid_payload", Detail: fmt.Sprintf(format, args...)}
}

// Forbidden refuses with 403 and a code of your own.
func Forbidden(code, format string, args ...any) error {
	return &Refusal{Status: 403, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// RefusalIn finds the Refusal in err.
func RefusalIn(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// Result is a job's result as it is stored.
type Result = json.RawMessage

// AcceptTime bounds an Accept: one that takes longer is answered with 503.
const AcceptTime = 2 * time.Second
