package routing_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/none"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// parse reads a config as a program would.
func parse(tb testing.TB, text string) *config.Config {
	tb.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		tb.Fatalf("parse config: %v", err)
	}
	return cfg
}

// build makes a Setup that must have no fault.
func build(tb testing.TB, text string) *routing.Setup {
	tb.Helper()
	setup, err := routing.Build(parse(tb, text), parts())
	if err != nil {
		tb.Fatalf("build: %v", err)
	}
	return setup
}

func parts() routing.Parts {
	return routing.Parts{
		Sources: []source.Definition{
			source.Define(source.Definition{Name: "generic"}, func(c genericConfig) (plainSource, error) { return plainSource{}, nil }),
			source.Define(source.Definition{Name: "forge", MaxBody: 9 << 20, Duplicates: true, Ranges: forgeRanges()},
				func(struct{}) (signedSource, error) { return signedSource{}, nil }),
			source.Define(source.Definition{Name: "keyless", Ranges: cloudRanges()}, func(struct{}) (keylessSource, error) { return keylessSource{}, nil }),
			source.Define(source.Definition{Name: "panicky"}, func(struct{}) (plainSource, error) { panic("ouch") }),
			source.Define(source.Definition{Name: "caller"}, func(struct{}) (callingSource, error) { return callingSource{}, nil }),
		},
		Fetch: func(_ context.Context, url string) ([]byte, error) { return []byte("fetched " + url), nil },
		Chats: []chat.Definition{
			chat.Define("forum", newForum),
			chat.Define("pager", func(c urlConfig, _ chat.Tools) (sender, error) {
				if c.URL == "" {
					return sender{}, errors.New("url: it is missing")
				}
				return sender{can: chat.Capabilities{Unordered: true}}, nil
			}),
			chat.Define("panicky", func(struct{}, chat.Tools) (sender, error) { panic("ouch") }),
		},
		Schemes: []verify.Definition{none.Definition(), hmac.Definition(), token.Definition()},
	}
}

// forgeRanges are documented and published.
func forgeRanges() source.Ranges {
	return source.Ranges{
		URLs: []string{"https://forge.example/meta"}, Read: source.ListIn("hooks"), Known: []string{"192.0.2.0/24"},
	}
}

// cloudRanges are published only, and under another name than the source's.
func cloudRanges() source.Ranges {
	return source.Ranges{Provider: "cloud", URLs: []string{"https://cloud.example/ips"}, Read: source.ListIn("ips")}
}

type genericConfig struct {
	EventType  map[string]string `yaml:"event_type"`
	DeliveryID map[string]string `yaml:"delivery_id"`
}

type urlConfig struct {
	URL string `yaml:"url"`
}

type sender struct{ can chat.Capabilities }

func (s sender) Send(context.Context, chat.Delivery) (chat.Receipt, error) {
	return chat.Receipt{}, nil
}
func (s sender) Capabilities() chat.Capabilities { return s.can }

// forum is a platform with channels, of a syntax that it knows.
type forum struct{ sender }

func newForum(struct{}, chat.Tools) (forum, error) {
	return forum{sender{can: chat.Capabilities{Channels: true, Limits: chat.Limits{Chat: []chat.Rate{{Count: 1, Per: 1e9}}}}}}, nil
}

func (forum) CheckChannel(channel string) error {
	if !strings.HasPrefix(channel, "group_") {
		return errors.New("a forum's channel begins with group_")
	}
	return nil
}

// plainSource is a source that signs nothing. Its messages tell the language
// they were asked for.
type plainSource struct{}

func (plainSource) Identify(*webhook.Request) (source.Identity, error) {
	return source.Identity{Type: "push", DeliveryID: "1"}, nil
}

func (plainSource) Events(*webhook.Request) ([]webhook.Event, error) { return nil, nil }

func (plainSource) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	if e.Type == "boom" {
		panic("no words")
	}
	return chat.Message{Title: "built-in " + e.Type, Footer: string(l) + "/" + string(v)}
}

type signedSource struct{ plainSource }

func (signedSource) Verification(keys verify.Keys) (verify.Verifier, error) {
	return hmac.Scheme{Header: "X-Signature"}.Verifier(keys)
}

// keylessSource signs with a public key: it needs no secret, and says so.
type keylessSource struct{ plainSource }

func (keylessSource) Verification(verify.Keys) (verify.Verifier, error) {
	return publicKey{verify.All()}, nil
}

type publicKey struct{ verify.Verifier }

func (publicKey) Configured() bool { return true }

// callingSource has a key of its own, which is missing, and a handshake that
// shows what it was given.
type callingSource struct{ plainSource }

func (callingSource) Verification(verify.Keys) (verify.Verifier, error) {
	return nil, errors.New("anchor: none is written")
}

func (callingSource) Handshake(ctx context.Context, _ *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
	body, err := keys.Fetch(ctx, "a key")
	for _, s := range keys.Secrets {
		body = append(body, " "+s.Reveal()...)
	}
	return webhook.Response{Body: body}, true, err
}

// request is a JSON call.
func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: "POST", Header: map[string][]string{"Content-Type": {"application/json"}},
		Body: bytes.TrimSpace([]byte(body)),
	}
}
