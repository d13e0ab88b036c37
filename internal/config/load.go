package config

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode"
)

// Load reads the config file at path; lookup gives environment variables
// (os.LookupEnv). The error names every fault of the file at once, and no
// secret. Beside it stands what could be read, as Parse says.
func Load(path string, lookup func(string) (string, bool)) (*Config, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	return Parse(path, data, lookup)
}

// Parse reads a config out of data; name is what errors call the file. An
// empty file is the defaults.
//
// Beside an error it gives what could be read, so that building it finds more
// faults in the same run; nil where nothing could. Such a config must not be
// run: its Err is that error, and routing.Build refuses it.
func Parse(name string, data []byte, lookup func(string) (string, bool)) (*Config, error) {
	found := &faults{}
	root, err := read(name, data, lookup, found)
	if err != nil {
		return nil, err
	}
	b := builder{decoder: decoder{faults: found}, cfg: Default()}
	b.cfg.root = root
	b.build(root)
	b.cfg.err = Join(found.list...)
	root.file.tell(found.list)
	if root.value == nil && b.cfg.err != nil {
		return nil, b.cfg.err
	}
	return b.cfg, b.cfg.err
}

// builder makes a Config of the tree. Each step goes on past what is wrong.
type builder struct {
	decoder
	cfg *Config
}

// build reads the global sections first: accounts, chats and endpoints take
// from them what they leave out.
func (b *builder) build(root Node) {
	b.into(root.Without("api", "accounts", "chats", "plugins"), b.cfg)
	b.checkGlobals(root)
	b.buildAPI(root.Field("api"))
	b.buildAccounts(root.Field("accounts"))
	b.buildChats(root.Field("chats"))
	b.buildPlugins(root.Field("plugins"))
}

// into fills a struct from n, and reports whether that went well.
func (b *builder) into(n Node, target any) bool {
	before := len(b.faults.list)
	b.decode(n, reflect.ValueOf(target).Elem(), field{})
	return len(b.faults.list) == before
}

// each calls build for every entry of a map that holds entries of ours.
func (b *builder) each(n Node, build func(child named)) {
	if n.value == nil || n.is(brokenKind) || !b.wants(n, mapKind, "a map") {
		return
	}
	for _, child := range n.children() {
		if !child.is(brokenKind) {
			build(child)
		}
	}
}

// buildAPI reads who may ask. A token without scopes has all of them.
func (b *builder) buildAPI(n Node) {
	b.into(n.Without("tokens"), &b.cfg.API)
	if !n.is(mapKind) {
		return
	}
	tokens := n.Field("tokens")
	if !tokens.IsZero() {
		b.cfg.API.Tokens = map[string]*Token{}
	}
	owners := map[string]string{} // token -> its name
	b.each(tokens, func(child named) {
		if child.name == "" || strings.ContainsFunc(child.name, unicode.IsControl) {
			b.fault(child.key, "a token's name, which the log tells, is not empty and has no control character")
		}
		t, place := b.token(child.Node)
		b.cfg.API.Tokens[child.name] = t
		value := t.Token.Reveal()
		if other, twice := owners[value]; twice && value != "" { // whose scopes would hold?
			b.fault(place, "is the same token as that of %s", other)
		}
		owners[value] = child.name
	})
}

// token reads one token, and gives the place of its value.
func (b *builder) token(n Node) (*Token, Node) {
	t := &Token{Scopes: []string{"read", "operate", "payload"}}
	place := n
	ok := false
	if n.is(scalarKind) {
		ok = b.into(n, &t.Token)
	} else {
		ok = b.into(n, t)
		place = n.Field("token")
	}
	switch {
	case !ok || place.is(brokenKind):
	case t.Token.Empty():
		b.fault(place, "the token is empty")
	case len(t.Scopes) == 0:
		b.fault(n.Field("scopes"), "names no scope; want some of read, operate and payload")
	}
	return t, place
}
