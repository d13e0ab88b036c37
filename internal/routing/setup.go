package routing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"postern/internal/config"
	"postern/internal/ipranges"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
)

// Parts are what a program is made of: the built-in definitions, and plugins
// that may bring more.
type Parts struct {
	Sources []source.Definition
	Chats   []chat.Definition
	Schemes []verify.Definition
	Plugins []plugin.Plugin
	Tools   chat.Tools
	// Fetch gets public keys for the schemes that need some; see verify.Keys.
	Fetch func(ctx context.Context, url string) ([]byte, error)
}

// Setup is a config, built: which URLs there are, and which chats.
type Setup struct {
	Table     *Table
	Directory *Directory
	Marks     map[string][]string  // by which requests are known, by the source's name
	Providers []*ipranges.Provider // that the allow_ips of an enabled endpoint name, by name
	Warnings  []string             // what an operator should hear at each start
}

// genericSource is what speaks where no source is named.
const genericSource = "generic"

// Build makes the endpoints and chats of a config. It reaches out to nobody.
// Its error joins every fault, each with its place in the file; a panic in a
// plugin is one of them. A config whose file has faults is built as far as it
// goes: the error then joins those and what they do not explain.
func Build(cfg *config.Config, parts Parts) (*Setup, error) {
	compiler, err := newCompiler()
	if err != nil {
		return nil, err
	}
	b := &builder{
		cfg: cfg, compiler: compiler, fetch: parts.Fetch,
		sources: map[string]source.Definition{}, schemes: map[string]verify.Definition{}, plugins: map[string]plugin.Plugin{},
		ranges: map[string]source.Ranges{}, providers: map[string]*ipranges.Provider{},
	}
	chats := b.gather(parts)
	directory, err := BuildDirectory(cfg, chats, parts.Tools)
	b.fault(err)
	b.directory = directory
	for _, key := range slices.Sorted(maps.Keys(cfg.Plugins)) {
		b.plugin(key, cfg.Plugins[key])
	}
	table, err := NewTable()
	b.fault(err)
	for _, m := range b.mounted {
		b.fault(m.at.Wrap(table.add(m.endpoint)))
	}
	table.sort()
	b.checkIPRanges()
	if err := config.Join(cfg.Err(), config.Untold(b.errs...)); err != nil {
		return nil, err
	}
	return &Setup{Table: table, Directory: directory, Marks: b.marks(), Providers: b.named(), Warnings: b.warnings}, nil
}

// builder gathers what is built and what is wrong.
type builder struct {
	cfg       *config.Config
	compiler  *compiler
	fetch     func(ctx context.Context, url string) ([]byte, error)
	directory *Directory
	sources   map[string]source.Definition
	schemes   map[string]verify.Definition
	plugins   map[string]plugin.Plugin
	ranges    map[string]source.Ranges      // what sources say, by provider
	providers map[string]*ipranges.Provider // those that allow_ips names; nil: its fault is told
	mounted   []mount
	warnings  []string
	errs      []error
}

// mount is an endpoint and where it is written.
type mount struct {
	endpoint *Endpoint
	at       config.Node
}

func (b *builder) fault(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// warn adds a warning with its place.
func (b *builder) warn(at config.Node, text string) {
	b.warnings = append(b.warnings, at.Errorf("%s", text).Error())
}

// gather indexes the parts by name and gives all types of chats.
func (b *builder) gather(parts Parts) []chat.Definition {
	sources, schemes, chats := slices.Clone(parts.Sources), slices.Clone(parts.Schemes), slices.Clone(parts.Chats)
	for _, p := range parts.Plugins {
		if err := checkPluginKey(p.Key); err != nil {
			b.fault(err)
		}
		keep(b, "plugins", b.plugins, p.Key, p)
		sources = append(sources, p.Sources...)
		schemes = append(schemes, p.Schemes...)
		chats = append(chats, p.Chats...)
	}
	for _, s := range sources {
		keep(b, "sources", b.sources, s.Name, s)
		if len(s.Ranges.URLs)+len(s.Ranges.Known) > 0 {
			keep(b, "providers", b.ranges, first(s.Ranges.Provider, s.Name), s.Ranges)
		}
	}
	for _, s := range schemes {
		keep(b, "verification schemes", b.schemes, s.Name, s)
	}
	return chats
}

// marks gives those of the sources that have some.
func (b *builder) marks() map[string][]string {
	marks := map[string][]string{}
	for name, d := range b.sources {
		if len(d.Marks) > 0 {
			marks[name] = d.Marks
		}
	}
	return marks
}

// keep refuses a second part of one name: which of the two would speak?
func keep[T any](b *builder, kind string, into map[string]T, name string, part T) {
	if _, twice := into[name]; twice {
		b.fault(fmt.Errorf("two %s are called %q", kind, name))
		return
	}
	into[name] = part
}

// plugin builds one entry of plugins.
func (b *builder) plugin(key string, c *config.Plugin) {
	if err := checkPluginKey(key); err != nil {
		b.fault(c.At.Itself().Wrap(err))
	}
	p, isGo := b.plugins[key]
	if isGo && p.Mount != nil {
		b.goPlugin(p, c)
		return
	}
	switch {
	case !c.Settings.IsZero() && isGo:
		b.fault(c.Settings.Errorf("the plugin %s has no settings", key))
	case !c.Settings.IsZero(): // only code has settings: what is mounted here nobody knows
		b.fault(c.At.Itself().Wrap(unknown("plugin written in Go", key, b.plugins)))
		b.unmounted(c)
		return
	case !isGo && len(c.Webhooks) == 0:
		b.fault(c.At.Wrap(unknown("plugin written in Go", key, b.plugins)))
	}
	for _, path := range slices.Sorted(maps.Keys(c.Webhooks)) {
		b.written(key, path, c.Webhooks[path])
	}
}

// checkChats refuses names of chats that nobody defined. A chat whose own
// definition is at fault is no second fault.
func (b *builder) checkChats(at config.Node, chats []string) {
	for i, name := range chats {
		item := at.Item(i)
		b.fault(item.Wrap(item.Shown(b.checkChat(name), "no such chat")))
	}
}

func (b *builder) checkChat(name string) error {
	if _, isAlias := b.cfg.Chats[name]; isAlias {
		return nil
	}
	key, err := chat.ParseKey(name)
	if err != nil {
		if !b.cfg.Complete("chats") {
			return nil
		}
		return fmt.Errorf("%w, or write a chat key", unknown("chat", name, b.cfg.Chats))
	}
	if c := b.cfg.Chats[key.Channel]; c != nil && c.Key == "" && (c.Type == key.Adapter || c.Type == "") {
		return nil
	}
	a := b.directory.accounts[key.Adapter]
	switch {
	case a == nil && !b.cfg.Complete("accounts"):
		return nil
	case a == nil:
		return unknown("account", key.Adapter, b.directory.accounts)
	case a.sender == nil:
		return nil
	}
	return a.check(key.Channel)
}

// rules compiles the notify rules of an endpoint.
func (b *builder) rules(written []config.Rule) []Rule {
	rules, err := b.compiler.rules(written)
	b.fault(err)
	for _, w := range written {
		b.checkChats(w.At.Field("to"), w.To)
	}
	return rules
}

// checkPluginKey says why a key is not "author.module".
func checkPluginKey(key string) error {
	if !pluginKey.MatchString(key) {
		return fmt.Errorf("%q is no plugin key: it is author.module, each [A-Za-z0-9_-]+", key)
	}
	return nil
}

var errOneWay = errors.New("it has either Respond or Handle, and Accept only beside Handle")
