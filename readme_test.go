package readme_test

import (
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
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

// blocks gives the fenced code of a language in a file.
func blocks(t *testing.T, file, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, file), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s shows no %s", file, language)
	}
	return found
}

func TestTheREADMEsPluginIsTheCompiledExample(t *testing.T) {
	t.Parallel()
	for _, code := range blocks(t, "README.md", "go") {
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
	for _, text := range blocks(t, "README.md", "yaml") {
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

// sample is a value for a variable of the page of chats, in the shape that its name
// asks for.
func sample(name string) (string, bool) {
	switch {
	case name == "TELEGRAM_TOKEN":
		return "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true
	case strings.HasSuffix(name, "_HOOK"), strings.HasSuffix(name, "_URL"):
		return "https://hooks.test/in/x", true
	}
	return "aValue123", true
}

func TestThePageOfChatsShowsGoodConfigs(t *testing.T) {
	t.Parallel()
	for _, text := range blocks(t, "docs/chats.md", "yaml") {
		cfg, err := config.Parse("chats.md", []byte(text), sample)
		if err == nil {
			_, err = app.Build(cfg, nil, io.Discard, slog.New(slog.DiscardHandler))
		}
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestThePageOfChatsHasASectionForEach(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, d := range catalog.Chats() {
		want = append(want, d.Type)
	}
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(read(t, "docs/chats.md"), -1) {
		got = append(got, m[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/chats.md has the sections\n%v\nwant those of the catalog\n%v", got, want)
	}
}
