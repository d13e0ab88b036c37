package routing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/verify/none"
)

// FuzzBuild: whatever the file, building does not panic; a file with faults
// gives no setup, and no error holds what a variable gave.
func FuzzBuild(f *testing.F) {
	const marker = "m4rker-7f3a"
	for _, path := range []string{
		filepath.Join("..", "config", "testdata", "full.yaml"), filepath.Join("..", "config", "testdata", "faults.yaml"),
		filepath.Join("..", "cli", "testdata", "mixed.yaml"),
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("accounts: {forum: {}}\nplugins:\n  acme.repos: {settings: {token: '${S}'}, webhooks: {/p: {verify: none}}}\n"))
	made := goParts(plugin.Endpoint{Endpoint: "/p", Verify: none.Verifier{}, Handle: handle})
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, fault := config.Parse("f", data, func(name string) (string, bool) { return marker, name != "UNSET" })
		if cfg == nil {
			return
		}
		setup, err := routing.Build(cfg, made)
		if (setup == nil) == (err == nil) || fault != nil && err == nil {
			t.Errorf("got setup %v and error %v of a file with fault %v", setup, err, fault)
		}
		if err != nil && strings.Contains(err.Error(), marker) && !strings.Contains(string(data), marker) {
			t.Errorf("the error leaks: %v", err)
		}
	})
}
