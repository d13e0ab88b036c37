package routing

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"postern/internal/config"
	"postern/pkg/chat"
)

// BuildDirectory makes the Senders of a config and the chats they reach. Its
// error joins every fault, each with its place in the file.
func BuildDirectory(cfg *config.Config, platforms []chat.Definition, tools chat.Tools) (*Directory, error) {
	b := &directoryBuilder{
		cfg: cfg, tools: tools, platforms: map[string]chat.Definition{},
		made: &Directory{accounts: map[string]*account{}, aliases: map[string]Chat{}, byKey: map[chat.Key]Chat{}},
	}
	for _, p := range platforms {
		if _, twice := b.platforms[p.Type]; twice {
			b.fault(fmt.Errorf("two chats are of the type %q", p.Type))
		}
		b.platforms[p.Type] = p
	}
	lanes := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(cfg.Accounts)) {
		lanes[cfg.Accounts[name].Type] = true
		b.account(name, cfg.Accounts[name])
	}
	for _, alias := range slices.Sorted(maps.Keys(cfg.Chats)) {
		switch c := cfg.Chats[alias]; {
		case c.Key != "":
			b.alias(alias, c)
		case c.Type != "": // else its fault is told
			lanes[c.Type] = true
			b.inline(alias, c)
		}
	}
	b.made.lanes = slices.Sorted(maps.Keys(lanes))
	return b.made, errors.Join(b.errs...)
}

type directoryBuilder struct {
	cfg       *config.Config
	tools     chat.Tools
	platforms map[string]chat.Definition
	made      *Directory
	errs      []error
}

func (b *directoryBuilder) fault(err error) { b.errs = append(b.errs, err) }

func (b *directoryBuilder) account(name string, c *config.Account) {
	sender := b.sender(c.Type, b.cfg.At("accounts", name), c.Own)
	// A broken account stays known, so that its chats are not faults as well.
	b.made.accounts[name] = &account{name: name, print: c.Own.Print(), lane: c.Type, sender: sender, options: c.Options, retry: b.cfg.Retry}
}

// sender gives nil where it, or the file's reader, has told a fault.
func (b *directoryBuilder) sender(kind string, at, own config.Node) chat.Sender {
	if at.Field("type").Told() || !chat.ValidName(kind) && at.Told() {
		return nil
	}
	platform, ok := b.platforms[kind]
	if !ok {
		at := at.Field("type")
		b.fault(at.Wrap(at.Shown(unknown(kindChat, kind, b.platforms), "no such type of chat")))
		return nil
	}
	sender, err := guard(func() (chat.Sender, error) { return platform.Build(own.Decode, b.tools) })
	if err == nil && sender == nil {
		err = fmt.Errorf("%s made no sender", kind)
	}
	if err != nil {
		b.fault(own.Wrap(err))
		return nil
	}
	b.made.senders = append(b.made.senders, sender)
	return sender
}

// alias adds a name for a chat key.
func (b *directoryBuilder) alias(name string, c *config.Chat) {
	at := c.At.Field("key")
	if at.IsZero() { // written in short
		at = c.At
	}
	key, err := chat.ParseKey(c.Key)
	if err != nil {
		b.fault(at.Wrap(at.Shown(err, "no chat key")))
		return
	}
	a := b.made.accounts[key.Adapter]
	switch {
	case a == nil && !b.cfg.Complete("accounts"):
	case a == nil:
		b.fault(at.Wrap(at.Shown(unknown("account", key.Adapter, b.made.accounts), "no such account")))
	case a.sender == nil: // its fault is told
	default:
		if err := a.check(key.Channel); err != nil {
			b.fault(at.Wrap(at.Shown(err, "no such chat")))
			return
		}
		b.add(name, c, a.chat(name, key, c.Options))
	}
}

// inline adds a target that needs no account: it is one place.
func (b *directoryBuilder) inline(alias string, c *config.Chat) {
	sender := b.sender(c.Type, c.At, c.Own)
	if sender == nil {
		return
	}
	if sender.Capabilities().Channels { // which of them, nobody has said
		b.fault(c.At.Itself().Errorf("a %s like this one reaches many channels: make it an account, and the chat a key of it", c.Type))
		return
	}
	alike := b.alike(c)
	a := &account{name: c.Type + "-" + alike[0], print: c.Own.Print(), lane: c.Type, sender: sender, retry: b.cfg.Retry}
	made := a.chat(alias, chat.Key{Adapter: c.Type, Channel: alias}, c.Options)
	if len(alike) > 1 { // what the platform lets one place hear, all of them share
		made.Limits.Account = slices.Concat(made.Limits.Account, made.Limits.Chat)
	}
	made.Channel = defaultChannel
	b.add(alias, c, made)
}

// alike gives the aliases of all inline targets that are the same place as c, in
// their order: one may be written twice, in two languages.
func (b *directoryBuilder) alike(c *config.Chat) (aliases []string) {
	for alias, other := range b.cfg.Chats {
		if other.Type == c.Type && other.Key == "" && other.Own.Print() == c.Own.Print() {
			aliases = append(aliases, alias)
		}
	}
	slices.Sort(aliases)
	return aliases
}

// add keeps a chat under its alias and its key. How a chat is spoken to
// belongs to the key, so only one of its aliases may say it.
func (b *directoryBuilder) add(alias string, c *config.Chat, made Chat) {
	other, twice := b.made.byKey[made.Key]
	switch {
	case !twice:
		b.made.byKey[made.Key] = made
	case !b.says(alias): // what the first one says holds for this name too
		made = rename(other, made)
	case !b.says(other.Name):
		b.made.byKey[made.Key] = made
		for name, earlier := range b.made.aliases {
			if earlier.Key == made.Key {
				b.made.aliases[name] = rename(made, earlier)
			}
		}
	default:
		b.fault(c.At.Itself().Errorf("the same chat as %q, which already says how it is spoken to: "+
			"limits, ordering, on_unknown and retry are written once", other.Name))
	}
	b.made.aliases[alias] = made
}

// rename gives a chat under another of its names, which has its own language.
func rename(c, name Chat) Chat {
	c.Name, c.Locale, c.Verbosity = name.Name, name.Locale, name.Verbosity
	return c
}

// says reports whether an alias writes how its chat is spoken to.
func (b *directoryBuilder) says(alias string) bool {
	o := b.cfg.Chats[alias].Options
	return o.Limits != nil || o.Retry != nil || o.Ordering != "" || o.OnUnknown != ""
}

// guard calls somebody else's code: a panic in it is an error.
func guard[T any](f func() (T, error)) (made T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}
