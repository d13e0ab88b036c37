package config

import (
	"encoding"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"postern/pkg/secret"

	"go.yaml.in/yaml/v3"
)

const mask = "***"

// Print writes the config as it was understood, defaults filled in, as YAML.
// Secrets are masked, and so is every value whose meaning only a platform or a
// source knows. Of the settings of a plugin it shows what is no secret once the
// plugin has decoded them.
func Print(w io.Writer, cfg *Config) error {
	out := mapping()
	global := printer{}
	global.fields(out, reflect.ValueOf(*cfg), nil)
	put(out, "accounts", sorted(cfg.Accounts, printAccount))
	put(out, "chats", sorted(cfg.Chats, printChat))
	put(out, "plugins", sorted(cfg.Plugins, printPlugin))
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("printing the config: %w", err)
	}
	return encoder.Close()
}

func printAccount(a *Account) *yaml.Node {
	out := mapping()
	put(out, "type", word(a.Type))
	printer{terse: true}.fields(out, reflect.ValueOf(a.Options), nil)
	own(out, a.Own)
	return out
}

func printChat(c *Chat) *yaml.Node {
	out := mapping()
	if c.Key != "" {
		put(out, "key", word(c.Key))
	} else {
		put(out, "type", word(c.Type))
	}
	printer{terse: true}.fields(out, reflect.ValueOf(c.Options), nil)
	own(out, c.Own)
	return out
}

func printPlugin(p *Plugin) *yaml.Node {
	out := mapping()
	if !p.Settings.IsZero() {
		put(out, "settings", settings(p.Settings))
	}
	if len(p.Webhooks) > 0 {
		put(out, "webhooks", sorted(p.Webhooks, printEndpoint))
	}
	return out
}

func printEndpoint(e *Endpoint) *yaml.Node {
	out := mapping()
	rest := *e
	rest.Notify = nil
	printer{terse: true}.fields(out, reflect.ValueOf(rest), &e.At)
	checks := &yaml.Node{Kind: yaml.SequenceNode}
	for _, v := range e.Verify {
		checks.Content = append(checks.Content, masked(v, ""))
	}
	if len(checks.Content) > 0 {
		put(out, "verify", checks)
	}
	own(out, e.Own)
	rules := &yaml.Node{Kind: yaml.SequenceNode}
	for _, r := range e.Notify {
		rule := mapping()
		printer{terse: true}.fields(rule, reflect.ValueOf(r), &r.At)
		rules.Content = append(rules.Content, rule)
	}
	if len(rules.Content) > 0 {
		put(out, "notify", rules)
	}
	return out
}

// own appends somebody else's keys.
func own(out *yaml.Node, n Node) {
	for _, child := range n.children() {
		put(out, child.name, masked(child.Node, child.name))
	}
}

// settings shows the settings of a plugin written in Go. What it decoded into
// something else than a secret is no secret, unless a variable gave it.
func settings(n Node) *yaml.Node {
	switch {
	case n.is(mapKind):
		out := mapping()
		for _, child := range n.children() {
			put(out, child.name, settings(child.Node))
		}
		return out
	case n.is(listKind):
		out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range n.items() {
			out.Content = append(out.Content, settings(item))
		}
		return out
	case n.is(scalarKind) && n.value.open && !n.expanded() && n.value.quoted:
		return word(n.value.text)
	case n.is(scalarKind) && n.value.open && !n.expanded():
		return &yaml.Node{Kind: yaml.ScalarNode, Value: n.value.text}
	default:
		return masked(n, "")
	}
}

// plainKeys are keys of platforms and schemes that never hold a secret.
func plainKeys() []string {
	return []string{
		"type", "channel", "locale", "verbosity", "method", "header", "algorithm", "encoding", "prefix",
		"signed", "timestamp_header", "signature_header", "param", "field",
	}
}

// masked shows the keys of a value, and of its scalars only those that are
// known to be harmless and did not come out of the environment.
func masked(n Node, key string) *yaml.Node {
	switch {
	case n.is(mapKind):
		out := mapping()
		own(out, n)
		return out
	case n.is(listKind):
		out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range n.items() {
			out.Content = append(out.Content, masked(item, key))
		}
		return out
	case n.is(nullKind):
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	case n.value != nil && (n.value.text == "" || !n.expanded() && slices.Contains(plainKeys(), key)):
		return word(n.value.text)
	default:
		return word(mask)
	}
}

// printer turns our own structs into YAML.
type printer struct {
	terse bool // leave out what is not written
}

// fields appends the tagged fields of a struct. at, if set, is where it is
// written: strings that a variable gave there are masked.
func (p printer) fields(out *yaml.Node, v reflect.Value, at *Node) {
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Tag.Get("yaml"), v.Field(i)
		if name == "" || name == "-" || p.terse && (f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0) {
			continue
		}
		switch f.Interface().(type) {
		case map[string]*Account, map[string]*Chat, map[string]*Plugin:
			continue // by functions of their own
		}
		if at != nil && textual(f.Type()) && fromEnvironment(at.Field(name)) {
			put(out, name, word(mask))
			continue
		}
		put(out, name, p.value(f))
	}
}

func textual(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() == reflect.String || t == reflect.TypeFor[AllowIP]()
}

// fromEnvironment reports whether a variable gave a text, or part of it: a
// filter may well compare with a secret.
func fromEnvironment(n Node) bool {
	return n.expanded() || slices.ContainsFunc(n.items(), Node.expanded)
}

func (p printer) value(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case secret.Text:
		return word(x.String())
	case time.Duration:
		return word(formatDuration(x))
	case fmt.Stringer: // Size, Rate, netip.Prefix, AllowIP
		return word(x.String())
	case encoding.TextMarshaler, nil:
		return word(mask)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return p.value(v.Elem())
	case reflect.Struct:
		out := mapping()
		p.fields(out, v, nil)
		return out
	case reflect.Slice:
		out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			out.Content = append(out.Content, p.value(v.Index(i)))
		}
		return out
	case reflect.Map:
		return p.entries(v)
	case reflect.String:
		return word(v.String())
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v.Interface())}
	}
}

func (p printer) entries(v reflect.Value) *yaml.Node {
	out := mapping()
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		put(out, k.String(), p.value(v.MapIndex(k)))
	}
	return out
}

func sorted[T any](entries map[string]*T, print func(*T) *yaml.Node) *yaml.Node {
	out := mapping()
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		put(out, name, print(entries[name]))
	}
	return out
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func word(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}

func put(out *yaml.Node, key string, value *yaml.Node) {
	out.Content = append(out.Content, word(key), value)
}
