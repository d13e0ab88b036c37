package routing

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"postern/internal/config"
	"postern/pkg/chat"
)

// defaultChannel is the channel of what is one URL and has no channels.
const defaultChannel = "default"

// Directory resolves the names of chats. It does not change once it is made,
// so it is safe for concurrent use.
type Directory struct {
	senders  []chat.Sender
	accounts map[string]*account
	aliases  map[string]Chat
	byKey    map[chat.Key]Chat // of aliases: their options hold however the chat is named
	lanes    []string
}

// account is a Sender and how its chats are spoken to, unless they say it
// themselves.
type account struct {
	name    string
	print   string
	lane    string
	sender  chat.Sender
	options config.ChatOptions
	retry   config.Retry // the global one
}

// Resolve finds a chat by alias or chat key. The error is ErrUnknownChat, with
// the name, and where its account is known, why that has no such channel.
func (d *Directory) Resolve(name string) (Chat, error) {
	if c, ok := d.aliases[name]; ok {
		return c, nil
	}
	return d.find(name)
}

// ByKey finds a chat by its chat key alone, as it is stored with a
// notification. Two names of one key are one chat, so an alias's options hold.
func (d *Directory) ByKey(key string) (Chat, bool) {
	c, err := d.find(key)
	return c, err == nil
}

func (d *Directory) find(key string) (Chat, error) {
	unknown := fmt.Errorf("%w %q", ErrUnknownChat, key)
	k, err := chat.ParseKey(key)
	if err != nil {
		return Chat{}, unknown
	}
	if c, ok := d.byKey[k]; ok {
		c.Name = key
		return c, nil
	}
	a := d.accounts[k.Adapter]
	if a == nil || a.sender == nil {
		return Chat{}, unknown
	}
	if err := a.check(k.Channel); err != nil {
		return Chat{}, fmt.Errorf("%w: %w", unknown, err)
	}
	return a.chat(key, k, config.ChatOptions{}), nil
}

// All gives the chats that have an alias, by alias.
func (d *Directory) All() []Chat {
	all := make([]Chat, 0, len(d.aliases))
	for _, alias := range slices.Sorted(maps.Keys(d.aliases)) {
		all = append(all, d.aliases[alias])
	}
	return all
}

// Account is one set of credentials: an account's, or an inline target's.
type Account struct {
	Name   string // the account's, or the target's alias
	Type   string
	Sender chat.Sender
	Chat   string // a name of one of its chats; empty where none is known
}

// Accounts gives every set of credentials: accounts by name, then inline targets
// by alias.
func (d *Directory) Accounts() []Account {
	var all, inline []Account
	chats := map[string]string{}
	for _, c := range d.All() {
		if d.accounts[c.Account] == nil {
			inline = append(inline, Account{Name: c.Name, Type: c.Lane, Sender: c.Sender, Chat: c.Name})
		} else if chats[c.Account] == "" {
			chats[c.Account] = c.Name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.accounts)) {
		a := d.accounts[name]
		if chats[name] == "" && !a.sender.Capabilities().Channels {
			chats[name] = chat.Key{Adapter: name, Channel: defaultChannel}.String()
		}
		all = append(all, Account{Name: name, Type: a.lane, Sender: a.sender, Chat: chats[name]})
	}
	return append(all, inline...)
}

// Lanes gives the types of platforms that may be spoken to, sorted.
func (d *Directory) Lanes() []string { return slices.Clone(d.lanes) }

// Close lets go of the connections that Senders hold. It is called once nothing
// is sent any more: a Send that still runs may fail.
func (d *Directory) Close() error {
	var errs []error
	for _, s := range d.senders {
		if c, ok := s.(io.Closer); ok {
			_, err := guard(func() (any, error) { return nil, c.Close() })
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check says why a channel cannot be one of this account's.
func (a *account) check(channel string) error {
	_, err := guard(func() (any, error) {
		if !a.sender.Capabilities().Channels {
			if channel != defaultChannel {
				return nil, fmt.Errorf("the account %s has no channels: its only chat is %s-%s", a.name, a.name, defaultChannel)
			}
			return nil, nil
		}
		if checker, ok := a.sender.(chat.ChannelChecker); ok {
			return nil, checker.CheckChannel(channel)
		}
		return nil, nil
	})
	return err
}

// chat makes a chat of this account: its own options, else the account's.
func (a *account) chat(name string, key chat.Key, own config.ChatOptions) Chat {
	can := a.sender.Capabilities()
	c := Chat{
		Name: name, Key: key, Lane: a.lane, Sender: a.sender, Channel: key.Channel,
		Account: a.name, Print: a.print, Limits: limitsOf(a.sender, key.Channel),
		Ordering:  Ordering(first(own.Ordering, a.options.Ordering)),
		HoldLost:  first(own.OnUnknown, a.options.OnUnknown) == "hold",
		Retry:     a.retry,
		Locale:    first(own.Locale, a.options.Locale),
		Verbosity: first(own.Verbosity, a.options.Verbosity),
	}
	switch {
	case c.Ordering != "":
	case can.Unordered:
		c.Ordering = Unordered
	default:
		c.Ordering = Soft
	}
	for _, o := range []config.ChatOptions{a.options, own} { // the nearer one last
		if o.Retry != nil {
			c.Retry = *o.Retry
		}
		if o.Limits != nil {
			c.Limits = limited(c.Limits, *o.Limits)
		}
	}
	return c
}

// limitsOf gives what the platform says of one of its chats.
func limitsOf(s chat.Sender, channel string) chat.Limits {
	limits := s.Capabilities().Limits
	if p, ok := s.(chat.Pacer); ok {
		limits.Chat = p.Pace(channel)
	}
	return limits
}

// limited puts what is written over what the platform says.
func limited(l chat.Limits, written config.Limits) chat.Limits {
	rates := func(of []config.Rate) (rates []chat.Rate) {
		for _, r := range of {
			if r.Count > 0 {
				rates = append(rates, chat.Rate(r))
			}
		}
		return rates
	}
	if written.Rate != nil {
		l.Chat = rates(written.Rate)
	}
	if written.Account != nil {
		l.Account = rates(written.Account)
	}
	return l
}
