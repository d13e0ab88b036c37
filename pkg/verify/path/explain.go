package path

import (
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain says how the token is written wrong, or where else it stands.
func (v Verifier) Explain(r *webhook.Request, _ error) string {
	return verify.ExplainToken(r, "the path parameter "+v.Param, r.Params[v.Param], v.Tokens)
}
