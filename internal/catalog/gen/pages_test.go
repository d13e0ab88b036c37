package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	gen "postern/internal/catalog/gen"
)

func TestThePagesAreWhatIsGenerated(t *testing.T) {
	t.Parallel()
	pages, err := gen.Pages(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join("../../..", name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what is generated (%v): run go generate ./internal/catalog", name, err)
		}
	}
}

// small is a module of two sources, a chat and two schemes.
func small() fstest.MapFS {
	code := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package " + name + "\n\nfunc Definition() int { return 1 }\n")}
	}
	return fstest.MapFS{
		"pkg/source/generic/a.go": code("generic"), "pkg/source/acme/a.go": code("acme"),
		"pkg/source/zeta/a.go": code("zeta"), "pkg/chat/slack/a.go": code("slack"), "pkg/chat/http/a.go": code("http"),
		"pkg/verify/none/a.go": code("none"), "pkg/verify/hmac/a.go": code("hmac"),
		"pkg/source/generic/defaults.txt": {Data: []byte("`*`\n")}, "pkg/source/acme/defaults.txt": {Data: []byte("`push`\n")},
		"pkg/source/zeta/defaults.txt": {Data: []byte("`*`\n")},
		"README.md":                    {Data: []byte("# x\n\n| a | |\n|---|---|\n| sources | old |\n| verification | old |\n| chats | old |\n\nend\n")},
		"docs/rules.md":                {Data: []byte("before\n\n| source | told |\n|---|---|\n| `old` | `*` |\n| `older` | `*` |\n\nbehind\n")},
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	pages, err := gen.Pages(small())
	if err != nil {
		t.Fatal(err)
	}
	wantRules := "before\n\n| source | told without being asked for |\n|---|---|\n| `acme` | `push` |\n| `generic`, `zeta` | `*` |\n\nbehind\n"
	if got := string(pages["docs/rules.md"]); got != wantRules {
		t.Errorf("rules: got\n%s\nwant\n%s", got, wantRules)
	}
	for _, want := range []string{
		"\n| sources | `acme`, `zeta`, `generic` (JSON", "\n| verification | what the source signs with, or `hmac`, `allow_ips`",
		"\n| chats | `slack`, `http`: [docs/chats.md](docs/chats.md) |\n\nend\n",
	} {
		if got := string(pages["README.md"]); !strings.Contains(got, want) {
			t.Errorf("README: got\n%s\nwant %q in it", got, want)
		}
	}
}

func TestPagesWantTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"pkg/source/acme/defaults.txt": "what acme tells by default", "docs/rules.md": "read a page", "README.md": "read a page",
	} {
		module := small()
		delete(module, name)
		if _, err := gen.Pages(module); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: got %v, want %q", name, err, want)
		}
	}
	module := small()
	module["README.md"] = &fstest.MapFile{Data: []byte("no table\n")}
	if _, err := gen.Pages(module); err == nil || !strings.Contains(err.Error(), "no row begins") {
		t.Errorf("got %v, want no row", err)
	}
}
