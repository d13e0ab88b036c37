package basic

import (
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain says which half of the credentials is wrong, where the other half
// proves the sender.
func (v Verifier) Explain(r *webhook.Request, _ error) string {
	passwords := []secret.Text{v.Password}
	user, password, isBasic := verify.BasicAuth(r)
	switch {
	case !isBasic:
		return verify.ExplainToken(r, "basic authentication in the header Authorization", "", passwords)
	case verify.Match(password, passwords) && user == v.Username:
		return "" // both are right: it is something else that refused
	case verify.Match(password, passwords) && user == "":
		return "the password is right and the user name is empty"
	case verify.Match(password, passwords):
		return "the password is right and the user name is another than the one configured"
	case verify.Match(user, passwords):
		return "the password stands in the place of the user name"
	default:
		return verify.ExplainToken(r, "basic authentication in the header Authorization", password, passwords)
	}
}
