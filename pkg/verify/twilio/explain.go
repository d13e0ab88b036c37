package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // see twilio.go
	"errors"
	"net"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain looks for the URL that was signed, and for a token written wrong.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	given, unreadable := verify.Base64(r.Header.Get(header))
	fields, unsigned := fields(r)
	if unreadable != nil || unsigned != nil || !errors.Is(err, verify.ErrRejected) {
		return ""
	}
	signs := func(key secret.Text, address string) bool {
		mac := hmac.New(sha1.New, []byte(key.Reveal()))
		mac.Write([]byte(address + fields))
		return hmac.Equal(mac.Sum(nil), given)
	}
	for _, address := range addresses(r) {
		for _, key := range v.secrets {
			if signs(key, address) {
				return "signed for " + withoutQuery(address) + ", http.base_url makes it " + withoutQuery(r.URL)
			}
		}
	}
	for _, g := range verify.KeyMistakes(v.secrets) {
		for _, address := range spellings(r.URL) {
			if signs(g.Key, address) {
				return g.Says
			}
		}
	}
	return ""
}

// addresses are the URLs that a sender may have been told instead: by the Host
// that it called, by its proxy's name for that, with either scheme, with the
// port and without, with and without a slash at the end.
func addresses(r *webhook.Request) []string {
	_, rest, _ := strings.Cut(r.URL, "://")
	host, tail, _ := strings.Cut(rest, "/")
	hosts := []string{host, r.Host, r.Header.Get("X-Forwarded-Host")}
	for _, h := range hosts {
		if name, _, err := net.SplitHostPort(h); err == nil {
			hosts = append(hosts, name)
		}
	}
	path, query, asked := strings.Cut(tail, "?")
	var found []string
	for _, h := range hosts {
		for _, scheme := range []string{"https://", "http://"} {
			for _, p := range []string{path, path + "/", strings.TrimSuffix(path, "/")} {
				found = append(found, spellings(scheme+h+"/"+p)...)
				if asked {
					found = append(found, spellings(scheme+h+"/"+p+"?"+query)...)
				}
			}
		}
	}
	return found
}
