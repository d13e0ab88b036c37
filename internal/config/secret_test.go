package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/config"
)

func TestASecretIsReadAsAConfigsAre(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file:" + path
	}
	for name, c := range map[string]struct{ written, want, fault string }{
		"the text itself":        {"hunter2", "hunter2", ""},
		"a file's, less a break": {write("a", "hunter2\r\n"), "hunter2", ""},
		"an empty file":          {write("b", "\n"), "", "the secret is empty"},
		"nothing":                {"", "", "the secret is empty"},
		"a file that is not":     {"file:" + folder + "/none", "", "the secret file"},
		"no absolute path":       {"file:hunter2", "", "absolute path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Secret(c.written)
			if c.fault == "" && err != nil || got.Reveal() != c.want {
				t.Errorf("got %q, %v, want %q", got.Reveal(), err, c.want)
			}
			if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v, want %q and no secret", err, c.fault)
			}
		})
	}
}
