package travis

import (
	"errors"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain tells a form that was made something else on its way. It fetches
// nothing, so it says nothing of the signature itself.
func (Verifier) Explain(r *webhook.Request, err error) string {
	switch {
	case errors.Is(err, verify.ErrMissing) && r.Header.Get("Travis-Repo-Slug") == "":
		return "neither Signature nor Travis-Repo-Slug is there: something else than Travis calls this endpoint"
	case errors.Is(err, verify.ErrRejected) && r.Header.Get("Travis-Repo-Slug") != "" && !r.IsForm():
		return "body was re-encoded: Travis posts a form, and something else arrives"
	default:
		return ""
	}
}
