package routing

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/webhook"
)

// masked stands where a secret stood.
const masked = "***"

// soundsSecret tells headers and parameters that carry a credential though no
// check of this endpoint named them: a sender may send more than is verified.
func soundsSecret(name string) bool {
	n := strings.ToLower(name)
	for _, word := range []string{"signature", "token", "secret", "hmac", "api-key", "api_key", "apikey", "access_key", "password", "passwd"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	return n == "sig" || n == "key" || n == "auth"
}

// MaskQuery replaces the values of the named parameters and of those that sound
// secret, as written on the wire, and keeps everything else to the byte.
func MaskQuery(raw string, names []string) string {
	if raw == "" {
		return raw
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err != nil || slices.Contains(names, k) || soundsSecret(k) {
			pairs[i] = key + "=" + masked
		}
	}
	return strings.Join(pairs, "&")
}

// MaskPath replaces what of a path proves a request genuine, as written on the
// wire, and keeps everything else to the byte.
func (e *Endpoint) MaskPath(path string) string {
	secret := e.secretParams()
	if len(secret) == 0 {
		return path
	}
	segments := strings.Split(path, "/")
	for i, s := range strings.Split(e.Path, "/") {
		if name, ok := paramName(s); ok && i < len(segments) && slices.Contains(secret, name) {
			segments[i] = masked
		}
	}
	return strings.Join(segments, "/")
}

// secretParams are the path parameters that prove a request genuine. A Verifier
// that panics here, or is not there, lets nobody in.
func (e *Endpoint) secretParams() []string {
	secret, _ := guard(func() ([]string, error) { return e.Verifier.Credentials().Params, nil })
	return secret
}

func maskParams(params map[string]string, secret []string) map[string]string {
	kept := maps.Clone(params)
	for _, name := range secret {
		if _, ok := kept[name]; ok {
			kept[name] = masked
		}
	}
	return kept
}

// maskURL masks path and query. Where the URL does not end with the path of the
// request, nobody knows where the secret stands in it.
func (e *Endpoint) maskURL(r *webhook.Request, query []string) string {
	address, raw, hasQuery := strings.Cut(r.URL, "?")
	if path := e.MaskPath(r.Path); path != r.Path {
		before, ok := strings.CutSuffix(address, r.Path)
		if !ok {
			return masked
		}
		address = before + path
	}
	if !hasQuery {
		return address
	}
	return address + "?" + MaskQuery(raw, query)
}
