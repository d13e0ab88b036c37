package examples

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"postern/pkg/plugin"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// resourceAnswer is what /resource says, whatever the method.
type resourceAnswer struct {
	Status string        `json:"status"` // available | created | deleted
	ID     string        `json:"id,omitempty"`
	Data   *resourceData `json:"data,omitempty"`
}

type resourceData struct {
	AsOf time.Time `json:"as_of"`
}

// resource answers at once, by method; nothing is stored. Any other method is
// refused with 405 before it gets here, because Methods says so.
func resource(caller verify.Verifier) plugin.Endpoint {
	return plugin.Endpoint{
		Endpoint:    "/resource",
		Name:        "Resource",
		Description: "Answers GET, POST and DELETE at once.",
		Methods:     []string{http.MethodGet, http.MethodPost, http.MethodDelete},
		Verify:      caller,
		Types:       plugin.Types{Answer: plugin.TypeOf[resourceAnswer]()},
		Respond:     respond,
	}
}

func respond(_ context.Context, r *webhook.Request) (webhook.Response, error) {
	switch r.Method {
	case http.MethodPost:
		if _, err := plugin.Body[any](r); err != nil {
			return webhook.Response{}, err
		}
		return webhook.JSON(http.StatusCreated, resourceAnswer{Status: "created", ID: rand.Text()})
	case http.MethodDelete:
		return webhook.JSON(http.StatusOK, resourceAnswer{Status: "deleted"})
	default:
		return webhook.JSON(http.StatusOK, resourceAnswer{
			Status: "available", Data: &resourceData{AsOf: r.ReceivedAt.UTC()},
		})
	}
}
