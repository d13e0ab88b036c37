package main_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	gen "postern/internal/catalog/gen"
)

func TestCatalogIsUpToDate(t *testing.T) {
	t.Parallel()
	want, err := gen.Catalog(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../catalog_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate ./internal/catalog (-want +got):\n%s", diff)
	}
}

func TestCatalogListsWhatHasADefinition(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	module := fstest.MapFS{
		"pkg/source/source.go":             file("package source\nfunc Definition() {}"), // the kind's own file
		"pkg/source/slack/b.go":            file("package slack\nfunc Definition() {}"),
		"pkg/source/slack/a.go":            file("package slack"),
		"pkg/source/draft/draft.go":        file("package draft\ntype T int\nfunc (T) Definition() {}"),
		"pkg/source/late/late_test.go":     file("package late\nfunc Definition() {}"),
		"pkg/source/sourcetest/suite.go":   file("package sourcetest\nfunc Definition() {}"),
		"pkg/chat/slack/slack.go":          file("package slack\nfunc Definition() {}"),
		"pkg/chat/slack/testdata/x/any.go": file("package x\nfunc Definition() {}"),
		"pkg/verify/verify.go":             file("package verify"),
	}
	code, err := gen.Catalog(module)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(code)) {
		if strings.HasSuffix(line, ".Definition(),\n") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{"source_slack.Definition(),", "chat_slack.Definition(),"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

func TestCatalogRefusesWhatIsNoGo(t *testing.T) {
	t.Parallel()
	module := fstest.MapFS{
		"pkg/source/slack/slack.go": {Data: []byte("packag slack")},
		"pkg/chat/chat.go":          {Data: []byte("package chat")},
		"pkg/verify/verify.go":      {Data: []byte("package verify")},
	}
	if _, err := gen.Catalog(module); err == nil || !strings.Contains(err.Error(), "slack.go") {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, err := gen.Catalog(fstest.MapFS{}); err == nil {
		t.Error("an empty tree: got no error, want one")
	}
}
