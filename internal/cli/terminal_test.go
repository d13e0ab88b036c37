package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestTerminal runs the program on terminals of its own.
func TestTerminal(t *testing.T) {
	t.Parallel()
	const row = `{"jobs":[{"id":"0199aa00-0000-7000-8000-000000000000","accepted_at":"2026-01-02T03:04:05Z","finished_at":"2026-01-02T03:04:06Z",` +
		`"state":"dead","delivery":"none","plugin":"acme.repos","endpoint":"/github",` +
		`"event":{"type":"push","title":"A very long title that no terminal of eighty columns has room for"}}],"next_cursor":""}`
	s := serve(t, map[string][]answer{
		"GET /api/jobs?limit=50":             {{200, row, nil}},
		"GET /api/jobs?limit=200&state=dead": {{200, row, nil}},
		"POST /api/jobs/retry?state=dead":    {{200, `{"count":1,"skipped":0,"next_cursor":""}`, nil}},
	})
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("POSTERN_URL", s.URL)
			env.Setenv("POSTERN_API_TOKEN", apiToken)
			env.Setenv("NO_PROXY", "127.0.0.1")
			return nil
		},
	})
}
