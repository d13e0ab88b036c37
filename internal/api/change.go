package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// retry runs a failed or canceled job again.
func (a *API) retry(c *gin.Context) { a.again(c, a.opt.Changes.Retry, "The job runs again.") }

// replay runs an event again, as a new job.
func (a *API) replay(c *gin.Context) {
	a.again(c, a.opt.Changes.Replay, "The event runs again, as a new job.")
}

func (a *API) again(c *gin.Context, run func(context.Context, job.ID) (job.Receipt, error), message string) {
	var receipt job.Receipt
	ok := a.change(c, func(ctx context.Context, id job.ID) (err error) {
		receipt, err = run(ctx, id)
		return err
	})
	if ok {
		a.accepted(c, receipt.ID, message)
	}
}

// cancel stops what has not been sent.
func (a *API) cancel(c *gin.Context) {
	var canceled job.ID
	ok := a.change(c, func(ctx context.Context, id job.ID) error {
		canceled = id
		return a.opt.Changes.Cancel(ctx, id)
	})
	if ok {
		a.accepted(c, canceled, "What has not been sent is not sent any more.")
	}
}

// forget deletes a finished job.
func (a *API) forget(c *gin.Context) {
	if a.change(c, a.opt.Changes.Delete) {
		c.Header("Cache-Control", "no-store")
		c.Status(http.StatusNoContent)
	}
}

// change does something to the job that the path names; where that cannot be
// it has answered.
func (a *API) change(c *gin.Context, do func(ctx context.Context, id job.ID) error) bool {
	// Half a change would be no better for its caller's having gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), storeTimeout)
	defer cancel()
	id, err := job.ParseID(c.Param("id"))
	if err != nil {
		a.fail(c, job.ErrUnknown)
		return false
	}
	if err := do(ctx, id); err != nil {
		a.fail(c, err)
		return false
	}
	return true
}

// accepted answers as an accepted event is answered.
func (a *API) accepted(c *gin.Context, id job.ID, message string) {
	note(c, "job_id", string(id))
	url := "/api/jobs/" + string(id)
	c.Header("Location", url)
	a.show(c, http.StatusAccepted, struct {
		Status    string `json:"status"`
		JobID     job.ID `json:"job_id"`
		StatusURL string `json:"status_url"`
		Message   string `json:"message"`
	}{"accepted", id, url, message})
}
