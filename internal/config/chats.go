package config

import (
	"strings"

	"postern/pkg/chat"
)

// ourKeys are the keys of an account or inline chat that are not its
// platform's.
func ourKeys() []string {
	return []string{"type", "limits", "ordering", "on_unknown", "retry", "locale", "verbosity"}
}

func (b *builder) buildAccounts(n Node) {
	b.cfg.Accounts = map[string]*Account{}
	for _, child := range n.children() { // even one that cannot be read is known
		b.cfg.Accounts[child.name] = &Account{Name: child.name, Type: child.name}
	}
	b.each(n, func(child named) {
		if !chat.ValidName(child.name) {
			b.fault(child.key, "an account's name is like [a-z][a-z0-9_]*")
		}
		b.cfg.Accounts[child.name] = b.account(child)
	})
}

func (b *builder) account(n named) *Account {
	a := &Account{Name: n.name, Type: n.name, Options: b.options(n.Node, b.cfg.Retry), Own: n.Without(ourKeys()...)}
	b.checkMap(n.Node)
	b.kind(n.Node, &a.Type)
	return a
}

// checkMap refuses what is neither a map nor empty.
func (b *builder) checkMap(n Node) { b.wants(n, mapKind, "a map") }

// kind reads a type and follows its alias.
func (b *builder) kind(n Node, into *string) {
	place := n.Field("type")
	if b.into(place, into) && place.is(scalarKind) {
		b.need(*into != "", place, "is empty")
	}
	if *into == "wxwork" { // the platform's older name
		*into = "wecom"
	}
}

// options reads the keys that every account and chat takes. A retry that is
// written takes from the one above it what it leaves out.
func (b *builder) options(n Node, above Retry) ChatOptions {
	retry := above
	o := ChatOptions{Retry: &retry}
	if n.is(mapKind) {
		own := n.Without(ourKeys()...).Keys()
		b.into(n.Without(append(own, "type")...), &o)
	}
	place := n.Field("retry")
	if !place.is(mapKind) {
		o.Retry = nil
		return o
	}
	b.checkRetry(place, retry)
	return o
}

func (b *builder) buildChats(n Node) {
	b.cfg.Chats = map[string]*Chat{}
	for _, child := range n.children() {
		b.cfg.Chats[child.name] = &Chat{Alias: child.name, At: child.Node}
	}
	b.each(n, func(child named) {
		if !chat.ValidName(child.name) {
			b.fault(child.key, "an alias is like [a-z][a-z0-9_]*")
		}
		c := b.cfg.Chats[child.name]
		switch hasKey, hasType := !child.Field("key").IsZero(), !child.Field("type").IsZero(); {
		case child.is(scalarKind):
			b.into(child.Node, &c.Key)
			b.checkKey(child.Node, c.Key)
		case !child.is(mapKind):
			b.fault(child.Node, "want a chat key, or a map with key or type; got %s", child.shape())
		case hasKey == hasType:
			b.fault(child.Node, "want either key (of a chat) or type (of an inline target)")
		case hasKey:
			b.keyed(child.Node, c)
		default:
			b.inline(child.Node, c)
		}
	})
}

// keyed reads {key: KEY} and its options; there is no platform whose own keys
// could follow.
func (b *builder) keyed(n Node, c *Chat) {
	var written struct {
		Key string `yaml:"key"`
	}
	b.into(n.Without(ourKeys()...), &written)
	c.Key, c.Options = written.Key, b.options(n, b.retryOf(written.Key))
	account := n.Field("limits").Field("account")
	b.need(account.IsZero(), account, "belongs into the limits of the account itself")
	b.checkKey(n.Field("key"), c.Key)
}

// retryOf gives the retry of a chat key's account, else the global one.
func (b *builder) retryOf(key string) Retry {
	adapter, _, _ := strings.Cut(key, "-")
	if a := b.cfg.Accounts[adapter]; a != nil && a.Options.Retry != nil {
		return *a.Options.Retry
	}
	return b.cfg.Retry
}

func (b *builder) inline(n Node, c *Chat) {
	c.Options = b.options(n, b.cfg.Retry)
	c.Own = n.Without(ourKeys()...)
	b.kind(n, &c.Type)
	if _, taken := b.cfg.Accounts[c.Type]; taken {
		b.fault(n.Itself(), "would be shown as %s-%s, which is a chat of the account %s; rename the account", c.Type, c.Alias, c.Type)
	}
}

// checkKey does not show the text: a webhook URL written here is a secret.
func (b *builder) checkKey(n Node, key string) {
	if !n.is(scalarKind) {
		return
	}
	if _, err := chat.ParseKey(key); err != nil {
		b.fault(n, "is no chat key; want account-channel, such as telegram-group_123")
	}
}
