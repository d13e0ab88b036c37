package chat

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"postern/pkg/secret"
)

// CheckAddress checks that raw is an http or https URL with a host. Its error
// does not show the URL, which may hold a key.
func CheckAddress(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return errors.New("is missing")
	case err != nil:
		return errors.New("is no URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must begin with http:// or https://")
	case u.Hostname() == "":
		return errors.New("has no host")
	}
	return nil
}

// Base gives what the platform's own paths are put behind: apiURL, where the
// config names one (a proxy, a server of one's own), else standard; without a
// slash at its end.
func Base(apiURL, standard string) (string, error) {
	if apiURL == "" {
		apiURL = standard
	}
	if err := CheckAddress(apiURL); err != nil {
		return "", fmt.Errorf("api_url %w", err)
	}
	if strings.ContainsAny(apiURL, "?#") {
		return "", errors.New("api_url holds a query or a fragment")
	}
	return strings.TrimRight(apiURL, "/"), nil
}

// Hook gives the address of a webhook at a platform whose host is fixed: hook, as
// webhook_url has it, and where the config names apiURL, that before hook's path and
// query, in the place of its scheme and host. Its error does not show them.
func Hook(hook secret.Text, apiURL string) (string, error) {
	raw := hook.Reveal()
	if err := CheckAddress(raw); err != nil {
		return "", fmt.Errorf("webhook_url %w", err)
	}
	if apiURL == "" {
		return raw, nil
	}
	base, err := Base(apiURL, "")
	if err != nil {
		return "", err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("webhook_url is no URL")
	}
	return base + u.RequestURI(), nil
}

// CheckToken checks that a token can be put into a header: not empty and all
// of it printable ASCII. Its error does not show it.
func CheckToken(t secret.Text) error {
	if t.Empty() {
		return errors.New("is missing or empty")
	}
	if strings.ContainsFunc(t.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("holds a space or a character that no token has")
	}
	return nil
}
