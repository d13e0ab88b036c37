package compat_test

import (
	"bytes"
	"errors"
	"go/ast"
	"path/filepath"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
)

// TestPlaygroundsSignatures: the payloads of some services came with the
// signature that the library's own tests prove, and we verify it over the same
// bytes.
func TestPlaygroundsSignatures(t *testing.T) {
	t.Parallel()
	for folder, signedBy := range map[string]struct {
		header string
		want   int
	}{
		"gitea":            {"X-Gitea-Signature", 17},
		"gogs":             {"X-Gogs-Signature", 8},
		"bitbucket-server": {"X-Hub-Signature", 17},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			keys := verify.Keys{Secrets: []secret.Text{secret.New(playgroundSecret(t, folder))}}
			v := verification(t, playgroundSources()[folder], nil, keys)
			var n int
			for _, p := range playgroundCorpus(t, folder).payloads {
				if p.header.Get(signedBy.header) == "" {
					continue
				}
				n++
				r := p.request()
				if err := v.Verify(t.Context(), r); err != nil {
					t.Errorf("%s: %v", p.name, err)
				}
				r.Body = append(bytes.Clone(r.Body), ' ')
				if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
					t.Errorf("%s with another body: %v", p.name, err)
				}
			}
			if n != signedBy.want {
				t.Errorf("%d payloads came with a signature, want %d", n, signedBy.want)
			}
		})
	}
}

// playgroundSecret reads the secret of a folder's tests: Options.Secret("...").
func playgroundSecret(t *testing.T, folder string) (written string) {
	t.Helper()
	inspectTests(t, filepath.Join(moduleFolder(t, playground), folder), func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || written != "" {
			return
		}
		if of, ok := call.Fun.(*ast.SelectorExpr); ok && of.Sel.Name == "Secret" {
			written = literal(call.Args[0])
		}
	})
	if written == "" {
		t.Fatalf("the tests of %s name no secret", folder)
	}
	return written
}
