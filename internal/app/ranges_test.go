package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"postern/internal/app"
	"postern/internal/config"
	"postern/internal/fetch"
	"postern/internal/redistest"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/source/github"
)

// A provider's list is fetched, and callers whom a trusted proxy names are held
// to it; the copy that is kept holds after a restart, though its publisher is
// gone.
func TestAProvidersPublishedListDecidesWhoMayCall(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	publisher := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"hooks":["192.0.2.0/24","2001:db8::/32"]}`)
	}))
	defer publisher.Close()
	for _, run := range []string{"fetched", "kept"} {
		address := serveForge(t, server.URL(), publisher)
		for from, want := range map[string]string{
			"192.0.2.7":                "202",
			"2001:db8::7":              "202",
			"203.0.113.9, 192.0.2.7":   "202", // what the caller wrote itself stands before
			"203.0.113.9":              "403:ip_not_allowed",
			"192.0.2.7, 203.0.113.9":   "403:ip_not_allowed",
			"198.51.100.77, 192.0.2.7": "202",
			"nonsense":                 "403:ip_not_allowed",
		} {
			ring := push(address, "/api/plugin/acme.repos/webhook/forge", "s3cret", run+" "+from, "main", "hello")
			ring.header.Set("X-Forwarded-For", from)
			if err := awaitAnswer(ring, want); err != nil {
				t.Errorf("%s, from %s: %v", run, from, err)
			}
		}
		publisher.Close()
	}
}

// awaitAnswer calls until the list is had: until then the answer is 503.
func awaitAnswer(c call, want string) error {
	return within(patience, func() error {
		a, err := newSender().do(c)
		if err != nil {
			return err
		}
		return a.is(want)
	})
}

// serveForge runs a receiver whose endpoint names a provider that publishes its
// list, until the test ends.
func serveForge(t *testing.T, redis string, publisher *httptest.Server) (address string) {
	t.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(`
http: {listen: 127.0.0.1:0, trusted_proxies: [127.0.0.1]}
redis: {url: `+redis+`}
plugins: {acme.repos: {webhooks: {/forge: {source: forge, secrets: [s3cret], allow_ips: [forge]}}}}
`), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	forge := github.Definition()
	forge.Name, forge.Ranges = "forge", source.Ranges{URLs: []string{publisher.URL}, Read: source.ListIn("hooks")}
	a, err := app.Build(cfg, []plugin.Plugin{{Key: "acme.forge", Sources: []source.Definition{forge}}}, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.Lists = fetch.NewListsWith(publisher.Client().Transport).Get
	ready := make(chan string, 1)
	a.Ready = func(at app.Addresses) { ready <- at.Receiver }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, app.Part{Receiver: true}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case at := <-ready:
		return at
	case err := <-ended:
		ended <- err
		t.Fatal(err)
		return ""
	}
}
