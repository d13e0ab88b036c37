package verify

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// ExplainToken says what is wrong with a token: written wrong, or sent in
// another place than where, "the header X-Token", names. given is empty where
// it is missing.
func ExplainToken(r *webhook.Request, where, given string, tokens []secret.Text) string {
	tokens = secret.NonEmpty(tokens)
	if given != "" {
		if says := misspelt(given, tokens); says != "" {
			return says
		}
	}
	if place := placeOf(r, tokens); place != "" && place != where {
		return "the token stands in " + place + ", and this check reads " + where
	}
	return ""
}

// misspelt compares a token with those configured, less what people leave
// around it.
func misspelt(given string, tokens []secret.Text) string {
	for _, s := range []struct{ token, says string }{
		{strings.TrimSpace(given), "the token is sent with a newline or blanks around it: enter it at the sender again without"},
		{strings.Trim(given, `"'`), "the token is sent with quotation marks around it: enter it at the sender again without"},
		{bare(given), "the token is sent with a word such as Bearer before it, and this check wants it alone"},
		{strings.ReplaceAll(given, " ", "+"), "a + in the token arrives as a blank: write it as %2B in the sender's URL"},
		{unescaped(given), "the token is sent percent-encoded: the sender encodes it once too often"},
		{decoded(given), "the token is sent in base64, and this check wants its text"},
	} {
		if s.token != given && Match(s.token, tokens) {
			return s.says
		}
	}
	for _, t := range tokens {
		text := t.Reveal()
		switch one := []secret.Text{secret.New(given)}; {
		case strings.TrimSpace(text) != text && Match(strings.TrimSpace(text), one):
			return "the token is configured with " + around(text) + ", and the sender has it without: remove it here"
		case strings.Trim(text, `"'`) != text && Match(strings.Trim(text, `"'`), one):
			return "the token is configured with quotation marks around it, and the sender has it without: remove them here"
		case text != given && strings.EqualFold(text, given):
			return "the token differs from the one configured in upper and lower case only"
		}
	}
	return ""
}

// bare drops the scheme of an Authorization header.
func bare(value string) string {
	for _, scheme := range []string{"Bearer", "Token", "Basic", "Secret", "ApiKey"} {
		if len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) && strings.ContainsAny(value[len(scheme):len(scheme)+1], " =:") {
			return strings.TrimSpace(value[len(scheme)+1:])
		}
	}
	return value
}

func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

func decoded(text string) string {
	raw, err := Base64(text)
	if err != nil {
		return text
	}
	return string(raw)
}

// placeOf finds a token in the request's headers or query. Only who knows the
// token is told where it is, so the name of the place is the sender's own.
func placeOf(r *webhook.Request, tokens []secret.Text) string {
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			user, password, _ := BasicAuth(&webhook.Request{Header: http.Header{"Authorization": {value}}})
			switch {
			case Match(user, tokens) || Match(password, tokens):
				return "basic authentication in the header " + name
			case Match(value, tokens) || Match(bare(value), tokens):
				return "the header " + name
			}
		}
	}
	query := r.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			if Match(value, tokens) {
				return "the query parameter " + name
			}
		}
	}
	return ""
}

// BasicAuth gives the user name and the password of a request's Authorization
// header, read less strictly than a check may.
func BasicAuth(r *webhook.Request) (user, password string, ok bool) {
	return (&http.Request{Header: r.Header}).BasicAuth()
}
