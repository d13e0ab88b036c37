package app

import "postern/internal/api"

// tokens gives the API's tokens by name.
func (a *App) tokens() []api.Token {
	tokens := make([]api.Token, 0, len(a.Config.API.Tokens))
	for name, t := range a.Config.API.Tokens {
		scopes := make([]api.Scope, len(t.Scopes))
		for i, s := range t.Scopes {
			scopes[i] = api.Scope(s)
		}
		tokens = append(tokens, api.Token{Name: name, Token: t.Token, Scopes: scopes})
	}
	return tokens
}
