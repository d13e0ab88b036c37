package field

import (
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain says how the token is written wrong, or where else it stands.
func (v Verifier) Explain(r *webhook.Request, _ error) string {
	where := "the field " + v.Field
	values, err := v.values(r)
	if err != nil {
		return verify.ExplainToken(r, where, "", v.Tokens)
	}
	for _, value := range values {
		if !verify.Match(value, v.Tokens) {
			return verify.ExplainToken(r, where, value, v.Tokens)
		}
	}
	return ""
}
