// Package config is the only reader of files and environment: one YAML file,
// strictly, every fault at once with file, line and column. It knows names and
// values; it builds no verifier, no chat and no route.
package config

import (
	"fmt"
	"io"
	"net/netip"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
)

// Config is the whole file, defaults filled in.
type Config struct {
	Locale      source.Locale    `yaml:"locale"`
	Verbosity   source.Verbosity `yaml:"verbosity"`
	HTTP        HTTP             `yaml:"http"`
	Redis       Redis            `yaml:"redis"`
	Worker      Worker           `yaml:"worker"`
	Log         Log              `yaml:"log"`
	Retention   Retention        `yaml:"retention"`
	Duplicates  Duplicates       `yaml:"duplicates"`
	Retry       Retry            `yaml:"retry"`
	API         API              `yaml:"api"`
	Attachments Attachments      `yaml:"attachments"`
	// IPRanges are the operator's own, by the name that allow_ips writes: those
	// of a built-in provider hold until its published list is had.
	IPRanges map[string][]netip.Prefix `yaml:"ip_ranges"`
	// IPRangesRefresh: published lists are fetched, where an endpoint names
	// their provider.
	IPRangesRefresh bool                `yaml:"ip_ranges_refresh"`
	Accounts        map[string]*Account `yaml:"accounts"`
	Chats           map[string]*Chat    `yaml:"chats"`
	Plugins         map[string]*Plugin  `yaml:"plugins"`

	root Node
	err  error
}

// Err is what is wrong with the file; nil where all of it was read.
func (c *Config) Err() error { return c.err }

// At gives the place of a key of the file, for an error about it:
// cfg.At("redis", "url"). It IsZero where the key is not written.
func (c *Config) At(keys ...string) Node {
	n := c.root
	for _, k := range keys {
		n = n.Field(k)
	}
	return n
}

// HTTP is the receiver's side.
type HTTP struct {
	Listen         string         `yaml:"listen"`
	BaseURL        string         `yaml:"base_url"`
	MaxBody        Size           `yaml:"max_body" positive:"true"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
}

// Redis is where the store lives.
type Redis struct {
	URL    secret.Text `yaml:"url"` // may hold a password
	Shards int         `yaml:"shards"`
	Spool  string      `yaml:"spool"`
}

// Worker is the worker's side.
type Worker struct {
	Listen          string        `yaml:"listen"`
	Concurrency     int           `yaml:"concurrency" positive:"true"`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
}

// Log is how logs are written.
type Log struct {
	Level  string `yaml:"level" oneof:"debug info warn error"`
	Format string `yaml:"format" oneof:"json text"`
}

// Retention is how long a finished job is kept.
type Retention struct {
	Succeeded time.Duration `yaml:"succeeded"`
	Failed    time.Duration `yaml:"failed"`
}

// Duplicates is how long a delivery id is remembered; window 0: never looked for.
type Duplicates struct {
	Window  time.Duration `yaml:"window"`
	Content bool          `yaml:"content"`
}

// Retry is exponential back-off with full jitter: waits are drawn from zero to
// min(Max, First × Factor^n).
type Retry struct {
	First       time.Duration `yaml:"first" positive:"true"`
	Factor      float64       `yaml:"factor"`
	Max         time.Duration `yaml:"max"`
	GiveUpAfter time.Duration `yaml:"give_up_after" positive:"true"`
	Attempts    int           `yaml:"attempts"` // 0: as many as fit into GiveUpAfter
}

// Attachments bounds the images and files that go with messages.
type Attachments struct {
	MaxSize Size           `yaml:"max_size" positive:"true"` // of one, whatever its platform would take
	Private []netip.Prefix `yaml:"private"`                  // private networks that an event's address may lead to
}

// API is who may ask.
type API struct {
	Tokens   map[string]*Token `yaml:"tokens"`
	Loopback bool              `yaml:"loopback"`
}

// Token is one caller's token; a bare string in the file has all scopes.
type Token struct {
	Token  secret.Text `yaml:"token"`
	Scopes []string    `yaml:"scopes" oneof:"read operate payload"`
}

// Account holds the credentials of a chat platform.
type Account struct {
	Name    string // the key in the file
	Type    string // defaults to the name; wxwork is an alias of wecom
	Options ChatOptions
	Own     Node // the platform's own keys, for chat.Definition.Build
}

// Chat is an alias: for a chat key, or for an inline target.
type Chat struct {
	Alias   string
	Key     string // empty for an inline target
	Type    string // of an inline target
	Options ChatOptions
	Own     Node // of an inline target
	At      Node // where it is written
}

// ChatOptions are the keys that every account and chat takes. The zero value
// of a field means: not written.
type ChatOptions struct {
	Limits    *Limits          `yaml:"limits"`
	Ordering  string           `yaml:"ordering" oneof:"soft strict none"`
	OnUnknown string           `yaml:"on_unknown" oneof:"retry hold"`
	Retry     *Retry           `yaml:"retry"` // unwritten fields are the account's, else the global ones
	Locale    source.Locale    `yaml:"locale"`
	Verbosity source.Verbosity `yaml:"verbosity"`
}

// Limits bounds how often a platform is spoken to, in the place of what it
// documents. Several rates must all hold; nil: not written.
type Limits struct {
	Rate    []Rate `yaml:"rate"`    // of one chat: "1/s", [1/s, 20/m]; none: unlimited
	Account []Rate `yaml:"account"` // of all chats of an account together
}

// Plugin is one entry of plugins.
type Plugin struct {
	Key      string
	Settings Node // of a plugin written in Go; zero where there are none
	Webhooks map[string]*Endpoint
	At       Node
}

// Endpoint is one webhook as it is written. Has tells which keys are written,
// so that a Go plugin's values are overridden only by those.
type Endpoint struct {
	Path        string
	Name        string           `yaml:"name"`
	Description string           `yaml:"description"`
	Source      string           `yaml:"source"`
	Secrets     []secret.Text    `yaml:"secrets"` // empty ones dropped
	Verify      []Node           // one per check; nil: not written
	Tolerance   time.Duration    `yaml:"tolerance"`
	Methods     []string         `yaml:"methods"`
	AllowIPs    []AllowIP        `yaml:"allow_ips"`
	AllowChats  []string         `yaml:"allow_chats"`
	Notify      []Rule           `yaml:"notify"`
	MaxBody     Size             `yaml:"max_body" positive:"true"`
	Duplicates  *Duplicates      `yaml:"duplicates"` // unwritten fields are the global ones
	Locale      source.Locale    `yaml:"locale"`
	Verbosity   source.Verbosity `yaml:"verbosity"`
	Disabled    bool             `yaml:"disabled"`
	Own         Node             // every other key, for source.Definition.Build
	At          Node

	has map[string]bool
}

// Has reports whether a key is written.
func (e *Endpoint) Has(key string) bool { return e.has[key] }

// Rule is one notify rule.
type Rule struct {
	To            []string         `yaml:"to"`
	When          string           `yaml:"when"`
	Template      string           `yaml:"template"`
	Locale        source.Locale    `yaml:"locale"`
	Verbosity     source.Verbosity `yaml:"verbosity"`
	Events        []string         `yaml:"events"`
	Branches      []string         `yaml:"branches"`
	Labels        []string         `yaml:"labels"`
	Authors       []string         `yaml:"authors"`
	IgnoreAuthors []string         `yaml:"ignore_authors"`
	Paths         []string         `yaml:"paths"`
	Drafts        *bool            `yaml:"drafts"`
	Confidential  *bool            `yaml:"confidential"`
	MinSeverity   string           `yaml:"min_severity" oneof:"debug info notice warning error critical"`
	Mention       []string         `yaml:"mention"`

	At Node `yaml:"-"`
}

// Format shows where a rule is written, not what: a condition may hold what a
// variable gave.
func (r Rule) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "rule of "+r.At.String()) }
