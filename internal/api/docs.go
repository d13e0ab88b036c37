package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
)

var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string
)

// docs shows the document as a page that loads nothing.
func (a *API) docs(c *gin.Context) {
	about := a.about()
	if about.err != nil {
		a.fail(c, about.err)
		return
	}
	c.Header("Content-Security-Policy", about.policy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "text/html; charset=utf-8", about.page)
}

// page makes the page of a document, and the policy that lets it have its own
// style and nothing else.
func page(document map[string]any) (html []byte, policy string, err error) {
	sum := sha256.Sum256([]byte(docsCSS))
	policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return nil, "", err
	}
	book := reader{document}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Info": document["info"], "Servers": document["servers"], "Calls": book.calls(), "Schemas": book.schemas(),
		"Style": template.CSS(docsCSS), //nolint:gosec // our own file
	})
	return b.Bytes(), policy, err
}
