package api

import (
	"context"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// payload gives the body that was received. It is a stranger's: no browser may
// take it for a page of ours, whatever the stranger called it.
func (a *API) payload(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTimeout)
	defer cancel()
	id, err := job.ParseID(c.Param("id"))
	if err != nil {
		a.fail(c, job.ErrUnknown)
		return
	}
	request, err := a.opt.Jobs.Request(ctx, id)
	if err != nil {
		a.fail(c, err)
		return
	}
	name := "job-" + string(id) + extension(request.Header.Get("Content-Type"))
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/octet-stream", request.Body)
}

// extension names what a file holds, in one of a few words: none runs anywhere.
func extension(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType) // of what cannot be read it is empty
	switch kind {
	case "application/json":
		return ".json"
	case "application/xml", "text/xml":
		return ".xml"
	case "application/x-www-form-urlencoded", "text/plain":
		return ".txt"
	default:
		return ".bin"
	}
}
