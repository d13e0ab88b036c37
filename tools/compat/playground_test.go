package compat_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// playground is a library whose tests hold payloads of many services, each
// with the headers it came with.
const playground = "github.com/go-playground/webhooks/v6"

// playgroundSources are our names for that library's folders.
func playgroundSources() map[string]string {
	return map[string]string{
		"azuredevops": "azure_devops", "bitbucket": "bitbucket", "bitbucket-server": "bitbucket_dc", "docker": "dockerhub",
		"gitea": "gitea", "github": "github", "gitlab": "gitlab", "gogs": "gogs",
	}
}

func playgroundCorpus(t *testing.T, folder string) corpus {
	t.Helper()
	root := moduleFolder(t, playground)
	files, err := filepath.Glob(filepath.Join(root, "testdata", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no payload of %s: %v", folder, err)
	}
	headers := testedHeaders(t, filepath.Join(root, folder))
	c := corpus{name: playground + " " + folder}
	for _, file := range files {
		name := filepath.Base(file)
		p := payload{name: name, source: playgroundSources()[folder], header: headers[name], body: readFile(t, file)}
		if name == "pr-comment-added.json" { // the one that the library's tests pass over
			p.header = http.Header{"X-Event-Key": {"pr:comment:added"}}
		}
		for _, h := range []string{"X-Github-Event", "X-Gitlab-Event", "X-Gitea-Event", "X-Gogs-Event", "X-Event-Key"} {
			p.event += p.header.Get(h)
		}
		c.payloads = append(c.payloads, p)
	}
	return c
}

// testedHeaders reads, out of a package's tests, the headers that belong to
// each payload: the tables there are literals with filename and headers.
func testedHeaders(t *testing.T, folder string) map[string]http.Header {
	t.Helper()
	found := map[string]http.Header{}
	inspectTests(t, folder, func(n ast.Node) {
		row, ok := n.(*ast.CompositeLit)
		if !ok {
			return
		}
		var file string
		header := http.Header{}
		for _, element := range row.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if !ok {
				return
			}
			switch name, _ := field.Key.(*ast.Ident); {
			case name == nil:
				return
			case name.Name == "filename":
				file = filepath.Base(literal(field.Value))
			case name.Name == "headers":
				header = literalHeader(field.Value)
			}
		}
		if _, first := found[file]; file != "" && !first {
			found[file] = header
		}
	})
	return found
}

// inspectTests shows every node of a folder's test files.
func inspectTests(t *testing.T, folder string, look func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", folder, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			look(n)
			return true
		})
	}
}

// literalHeader evaluates http.Header{"Name": []string{"value"}}.
func literalHeader(e ast.Expr) http.Header {
	h := http.Header{}
	all, ok := e.(*ast.CompositeLit)
	if !ok {
		return h
	}
	for _, element := range all.Elts {
		if line, ok := element.(*ast.KeyValueExpr); ok {
			if values, ok := line.Value.(*ast.CompositeLit); ok {
				for _, v := range values.Elts {
					h.Add(literal(line.Key), literal(v))
				}
			}
		}
	}
	return h
}

// literal evaluates a string that is written out; all else is empty.
func literal(e ast.Expr) string {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(basic.Value)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(s)
}
