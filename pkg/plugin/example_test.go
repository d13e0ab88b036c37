package plugin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/plugin/plugintest"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify/bearer"
	"postern/pkg/webhook"
)

// Settings are what the operator writes under plugins: acme.doorbell: settings.
type Settings struct {
	Token secret.Text     `yaml:"token"`
	Chat  plugin.ChatName `yaml:"chat"` // an alias or a chat key
}

// Ring is the body of a call: {"door": "front"}.
type Ring struct {
	Door string `json:"door"`
}

// Doorbell is a whole plugin: one endpoint that tells a chat who rang. A
// program of it is one line: func main() { postern.Main(Doorbell()) }.
func Doorbell() plugin.Plugin {
	return plugin.Define("acme.doorbell", func(s Settings) ([]plugin.Endpoint, error) {
		return []plugin.Endpoint{{
			Endpoint: "/ring",
			Name:     "Doorbell",
			Methods:  []string{http.MethodPost},
			Verify:   bearer.Verifier{Tokens: []secret.Text{s.Token}},
			Types:    plugin.Types{Body: plugin.TypeOf[Ring]()},
			Handle: func(ctx context.Context, job plugin.Job) (any, error) {
				ring, err := plugin.Body[Ring](job.Request())
				if err != nil {
					return nil, retry.Never(err) // the same bytes will never fit better
				}
				return ring, job.Send(ctx, string(s.Chat), "ring", chat.Message{Title: "Somebody is at the " + ring.Door + " door"})
			},
		}}, nil
	})
}

// A plugin and its test, without a server: the request is received as the
// receiver does, the job is run as a worker does.
func Example() {
	t := &testing.T{} // in a test, the test's own
	ring := plugintest.Mount(t, Doorbell(), map[string]any{"token": "s3cret", "chat": "home"}).Endpoint("/ring")

	call := &webhook.Request{
		Method: http.MethodPost,
		Header: http.Header{"Authorization": {"Bearer s3cret"}, "Content-Type": {"application/json"}},
		Body:   []byte(`{"door":"front"}`),
	}
	fmt.Println(plugintest.Receive(context.Background(), ring, call).Status)

	job := plugintest.NewJob(ring, call, source.English)
	result, err := plugintest.Run(context.Background(), ring, job)
	fmt.Println(string(result), err)
	for _, sent := range job.Sent() {
		fmt.Println(sent.To+":", sent.Message.Title)
	}
	// Output:
	// 202
	// {"door":"front"} <nil>
	// home: Somebody is at the front door
}
