package readme_test

import (
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"postern/internal/app"
	"postern/internal/catalog"
	"postern/internal/config"
)

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks gives the fenced code of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("the README shows no %s", language)
	}
	return found
}

func TestTheREADMEsPluginIsTheCompiledExample(t *testing.T) {
	t.Parallel()
	for _, code := range blocks(t, "go") {
		if !strings.Contains(read(t, "pkg/plugin/example_test.go"), code) {
			t.Errorf("this stands in the README and not in the example:\n%s", code)
		}
	}
}

func TestTheREADMEsConfigIsGood(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"POSTERN_API_TOKEN": "a", "TELEGRAM_TOKEN": "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"SLACK_DEV_URL": "https://slack.test/services/T/B/x", "GITHUB_SECRET": "c",
	}
	for _, text := range blocks(t, "yaml") {
		cfg, err := config.Parse("README.md", []byte(text), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Build(cfg, nil, io.Discard, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	}
}

func TestTheREADMEsLinksLead(t *testing.T) {
	t.Parallel()
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(read(t, "README.md"), "")
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(prose, -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
}

func TestTheREADMEsTableNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	text := read(t, "README.md")
	var names []string
	for _, d := range catalog.Sources() {
		names = append(names, d.Name)
		if d.Ranges.Provider != "" {
			names = append(names, d.Ranges.Provider)
		}
	}
	for _, d := range catalog.Chats() {
		names = append(names, d.Type)
	}
	for _, d := range catalog.Schemes() {
		if d.Name != "none" { // it is no verification
			names = append(names, d.Name)
		}
	}
	for _, name := range names {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
}
