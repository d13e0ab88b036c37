package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"postern/internal/app"
	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// endpoint finds what a config mounts as PLUGIN/ENDPOINT, and gives its path
// with the parameters that the operator wrote into it.
func endpoint(a *app.App, name string) (e *routing.Endpoint, path string, err error) {
	key, rest, ok := strings.Cut(name, "/")
	if !ok {
		return nil, "", fmt.Errorf("%q is not PLUGIN/ENDPOINT, such as acme.repos/github", name)
	}
	path = "/" + rest
	if e, ok := a.Setup.Table.ByID(key, path); ok {
		return e, path, nil
	}
	e, _, err = a.Setup.Table.Find(key, path, http.MethodPost)
	if other, ok := errors.AsType[*routing.MethodError](err); ok {
		e, _, err = a.Setup.Table.Find(key, path, other.Allow[0])
	}
	if err == nil {
		return e, path, nil
	}
	var known []string
	for _, e := range a.Setup.Table.All() {
		known = append(known, e.Plugin+e.Path)
	}
	return nil, "", fmt.Errorf("the config has no endpoint %q%s", name, didYouMean(name, known))
}

// address is where an endpoint is called from outside.
func address(cfg *config.Config, e *routing.Endpoint, path string) string {
	return strings.TrimSuffix(cfg.HTTP.BaseURL, "/") + "/api/plugin/" + e.Plugin + "/webhook" + path
}

// signerOf chooses what signs: the key that was given, as the endpoint or else
// the source takes it; without one, what the endpoint's check holds.
func signerOf(s spec, e *routing.Endpoint, key secret.Text) (verify.Signer, error) {
	switch {
	case key.Empty() && e != nil:
		return signerFunc(e.Verifier), nil
	case key.Empty():
		return s.unkeyed()
	}
	if k, ok := s.made.(verify.KeySigner); ok {
		return k.SignerOf(key)
	}
	if e != nil {
		if k, ok := e.Verifier.(verify.KeySigner); ok {
			if signer, err := k.SignerOf(key); err == nil {
				return signer, nil
			}
		}
	}
	signed, ok := s.made.(source.Signed)
	if !ok {
		return nil, fmt.Errorf("%s does not say how it is signed: leave --secret away and name its endpoint with --webhook, "+
			"whose own check then signs, or write the credential with --header", s.source.Name)
	}
	v, err := signed.Verification(verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		return nil, err
	}
	return signerFunc(v), nil
}

func signerFunc(v verify.Verifier) verify.Signer {
	return verify.SignerFunc(func(r *webhook.Request, now time.Time) error { return verify.SignAs(v, r, now) })
}

// unkeyed is the signer of a source without any key: nothing for one that does
// not sign, else the reason why not.
func (s spec) unkeyed() (verify.Signer, error) {
	if k, ok := s.made.(verify.KeySigner); ok {
		_, err := k.SignerOf(secret.Text{})
		return nil, fmt.Errorf("%s signs what it sends: give its key with --secret or POSTERN_SECRET (%w)", s.source.Name, err)
	}
	signed, ok := s.made.(source.Signed)
	if !ok {
		return verify.SignerFunc(func(*webhook.Request, time.Time) error { return nil }), nil
	}
	v, err := signed.Verification(verify.Keys{})
	if err != nil {
		return nil, fmt.Errorf("%s signs what it sends: give --secret or POSTERN_SECRET (%w)", s.source.Name, err)
	}
	return signerFunc(v), nil
}
