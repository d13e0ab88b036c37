package path

import (
	"maps"
	"net/url"
	"strings"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign puts the token into the place of the parameter, where path and URL still
// name it: /in/{key}.
func (v Verifier) Sign(r *webhook.Request, _ time.Time) error {
	token, err := verify.FirstSecret(v.Tokens)
	if err != nil {
		return err
	}
	params := maps.Clone(r.Params)
	if params == nil {
		params = map[string]string{}
	}
	params[v.Param] = token.Reveal()
	r.Params = params
	r.Path, r.URL = v.filled(r.Path, token.Reveal()), v.filled(r.URL, token.Reveal())
	return nil
}

func (v Verifier) filled(text, token string) string {
	place := "{" + v.Param + "}"
	return strings.NewReplacer(place, url.PathEscape(token), url.PathEscape(place), url.PathEscape(token)).Replace(text)
}
