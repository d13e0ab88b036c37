package bearer

import (
	"strings"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain says how the token is written wrong, or where else it stands.
func (v Verifier) Explain(r *webhook.Request, _ error) string {
	value := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(value, " ")
	user, password, isBasic := verify.BasicAuth(r)
	switch {
	case verify.Match(value, v.Tokens):
		return "the Authorization header is the token alone: the sender must write Bearer before it"
	case isBasic && (verify.Match(user, v.Tokens) || verify.Match(password, v.Tokens)):
		return "the token comes as basic authentication, and this check wants it as Bearer"
	case !strings.EqualFold(scheme, "Bearer") && verify.Match(token, v.Tokens):
		return "the token comes behind another word than Bearer in the Authorization header"
	case !strings.EqualFold(scheme, "Bearer"):
		token = ""
	}
	return verify.ExplainToken(r, "the header Authorization", token, v.Tokens)
}
