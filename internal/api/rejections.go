package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/problem"
)

// rejection is a row as the API shows it.
type rejection struct {
	job.Rejection
	// Secret is what a handshake entrusted to us, or a mask for who may not see
	// what strangers sent.
	Secret string `json:"secret,omitempty"`
}

var errForeignCursor = errors.New("cursor: it is none that a listing gave")

// rejections lists refused requests and their causes.
func (a *API) rejections(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTimeout)
	defer cancel()
	query, err := rejectionQuery(c.Request.URL.RawQuery)
	if err != nil {
		invalidQuery(c, err)
		return
	}
	rows, next, err := a.opt.Rejections.Rejections(ctx, query)
	switch {
	case errors.Is(err, job.ErrCursor):
		invalidQuery(c, errForeignCursor)
		return
	case err != nil:
		a.fail(c, err)
		return
	}
	shown := make([]rejection, 0, len(rows))
	for _, row := range rows {
		r := rejection{Rejection: row, Secret: row.Secret.String()}
		if c.GetBool(callerPayload) {
			r.Secret = row.Secret.Reveal()
		}
		shown = append(shown, r)
	}
	a.show(c, http.StatusOK, struct {
		Rejections []rejection `json:"rejections"`
		NextCursor string      `json:"next_cursor"`
	}{shown, next})
}

// rejectionQuery reads the filters of GET /api/rejections.
func rejectionQuery(raw string) (job.RejectionQuery, error) {
	q := job.RejectionQuery{Limit: usualLimit}
	err := filters{
		"plugin": each(&q.Plugins, someText), "endpoint": each(&q.Endpoints, someText), "code": each(&q.Codes, someText),
		"since": once(&q.Since, moment), "limit": once(&q.Limit, upTo(mostLimit)), "cursor": once(&q.Cursor, anyText),
	}.read(raw)
	return q, err
}

// invalidQuery refuses a filter that is not understood.
func invalidQuery(c *gin.Context, err error) {
	problem.Write(c.Writer, http.StatusBadRequest, "invalid_query", "The query is not understood: "+err.Error()+".")
}
