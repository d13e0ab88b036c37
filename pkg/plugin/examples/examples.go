// Package examples is the plugin postern.examples: four endpoints that show
// what a plugin can do, from an answer given at once to an hour of work. It is
// written as a stranger's plugin would be and uses nothing but postern/pkg; it
// keeps nothing, neither in memory nor on disk.
package examples

import (
	"postern/pkg/plugin"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/bearer"
)

// Settings are what an operator writes under settings.
type Settings struct {
	GitHubSecret secret.Text     `yaml:"github_secret"`
	Token        secret.Text     `yaml:"token"`                 // bearer of all endpoints but /github
	Chat         plugin.ChatName `yaml:"notification_chat_key"` // who hears of /github
}

// Plugin is postern.examples.
func Plugin() plugin.Plugin { return plugin.Define("postern.examples", mount) }

func mount(s Settings) ([]plugin.Endpoint, error) {
	hook, err := githubHook(s)
	if err != nil {
		return nil, err
	}
	caller := s.caller()
	return []plugin.Endpoint{hook, resource(caller), uploadReport(caller), startJob(caller)}, nil
}

// caller checks the token. Without one it refuses everybody, as the signature
// of /github does without a secret.
func (s Settings) caller() verify.Verifier {
	return bearer.Verifier{Tokens: []secret.Text{s.Token}}
}
