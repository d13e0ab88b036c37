package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"postern/pkg/secret"
)

var pluginKey = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

func (b *builder) buildPlugins(n Node) {
	b.cfg.Plugins = map[string]*Plugin{}
	b.each(n, func(child named) {
		if !pluginKey.MatchString(child.name) {
			b.fault(child.key, "a plugin's key is {author}.{module}, each of letters, digits, _ and -")
		}
		var written struct {
			Settings Node `yaml:"settings"`
			Webhooks Node `yaml:"webhooks"`
		}
		b.into(child.Node, &written)
		p := &Plugin{Key: child.name, Settings: written.Settings, Webhooks: map[string]*Endpoint{}, At: child.Node}
		b.cfg.Plugins[child.name] = p
		b.buildEndpoints(written.Webhooks, p)
	})
}

func (b *builder) buildEndpoints(n Node, p *Plugin) {
	same := map[string]string{} // path without the names of its parameters -> as written
	b.each(n, func(child named) {
		if what := badPath(child.name); what != "" {
			b.fault(child.key, "%s", what)
		}
		shape := parameter.ReplaceAllString(child.name, "{}")
		if other, twice := same[shape]; twice {
			b.fault(child.key, "takes the same requests as %s", other)
		}
		same[shape] = child.name
		p.Webhooks[child.name] = b.endpoint(child)
	})
}

var (
	parameter = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	literal   = regexp.MustCompile(`^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$`)
)

// badPath says why a path cannot be one; empty: it can. A path is matched as
// it is escaped on the wire.
func badPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "an endpoint begins with /"
	}
	segments := strings.Split(path[1:], "/")
	var names []string
	for i, s := range segments {
		name := parameter.FindStringSubmatch(s)
		switch {
		case s == "" && i == len(segments)-1: // a slash at the end
		case s == "":
			return "an endpoint has no empty segment"
		case s == "." || s == "..":
			return "an endpoint has no dot segment"
		case name != nil && name[0] == s && slices.Contains(names, name[1]):
			return "two parameters are named " + name[1]
		case name != nil && name[0] == s:
			names = append(names, name[1])
		case !literal.MatchString(s) || strings.Contains(strings.ToLower(s), "%2f"):
			return "a segment is {name}, or letters, digits and -._~!$&'()*+,;=:@, others percent-encoded"
		}
	}
	return ""
}

// endpointKeys are the keys of an endpoint that are not its source's.
func endpointKeys() []string {
	fields := map[string]fieldAt{}
	fieldsOf(reflect.TypeFor[Endpoint](), nil, fields)
	keys := []string{"verify", "run", "forward"}
	for name := range fields {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	return keys
}

func (b *builder) endpoint(n named) *Endpoint {
	duplicates := b.cfg.Duplicates
	e := &Endpoint{
		Path: n.name, At: n.Node, Own: n.Without(endpointKeys()...),
		Duplicates: &duplicates, has: map[string]bool{},
	}
	b.checkMap(n.Node)
	for _, child := range n.children() {
		e.has[child.name] = !child.is(nullKind)
		if child.name == "run" || child.name == "forward" {
			b.fault(child.key, "is not available in this version")
		}
	}
	b.into(n.Without(append(e.Own.Keys(), "verify", "run", "forward", "secrets", "notify")...), e)
	if place := n.Field("source"); place.is(scalarKind) {
		b.need(e.Source != "", place, "is empty")
	}
	var tolerance time.Duration
	if place := n.Field("tolerance"); e.has["tolerance"] && place.Decode(&tolerance) == nil {
		b.need(tolerance > 0, place, "want more than 0s: no clock is as exact")
	}
	if !n.Field("duplicates").is(mapKind) {
		e.Duplicates = nil
	}
	e.Secrets = b.secrets(n.Field("secrets"))
	e.Verify = b.verify(n.Field("verify"))
	e.Notify = b.rules(n.Field("notify"))
	b.methods(n.Field("methods"), e.Methods)
	return e
}

// secrets drops empty entries: a rotation's old secret may be unset. What is
// empty after that protects nothing.
func (b *builder) secrets(n Node) []secret.Text {
	var written []secret.Text
	if n.is(nullKind) {
		b.fault(n, "every secret is empty")
		return nil
	}
	if !b.into(n, &written) || !n.is(listKind) {
		return nil
	}
	kept := secret.NonEmpty(written)
	b.need(len(kept) > 0 || n.hasBroken(), n, "every secret is empty")
	return kept
}

// verify takes one map, a list of maps, or the word none.
func (b *builder) verify(n Node) []Node {
	switch {
	case n.value == nil || n.is(brokenKind):
		return nil
	case n.is(scalarKind) && n.value.text == "none":
		n.value = &value{kind: mapKind, line: n.line, column: n.column, entries: []entry{{
			key: "type", line: n.line, column: n.column,
			value: &value{kind: scalarKind, text: "none", line: n.line, column: n.column},
		}}}
		return []Node{n}
	case n.is(mapKind):
		return []Node{n}
	case !n.is(listKind):
		b.fault(n, "want a map, a list of maps, or none")
		return nil
	}
	b.need(len(n.value.items) > 0, n, "names no check; write none to mean it")
	for _, item := range n.items() {
		b.need(item.is(mapKind) || item.is(brokenKind), item, "want a map with a type")
	}
	return n.items()
}

func (b *builder) rules(n Node) []Rule {
	if n.value == nil || n.is(brokenKind) || !b.wants(n, listKind, "a list of rules") {
		return nil
	}
	rules := make([]Rule, 0, len(n.value.items))
	for _, item := range n.items() {
		r := Rule{At: item}
		ok := b.into(item, &r)
		switch to := item.Field("to"); {
		case !ok || item.is(brokenKind) || to.is(brokenKind):
		case to.IsZero():
			b.fault(to, "is missing")
		case len(r.To) == 0 || slices.Contains(r.To, "") && !to.hasBroken():
			b.fault(to, "names no chat")
		}
		rules = append(rules, r)
	}
	return rules
}

var token = regexp.MustCompile("^[A-Z0-9!#$%&'*+.^_`|~-]+$")

// methods puts methods into upper case, in place.
func (b *builder) methods(n Node, methods []string) {
	places := n.items()
	if n.is(scalarKind) { // one method, written without a list
		places = []Node{n}
	}
	for i, place := range places[:min(len(places), len(methods))] {
		methods[i] = strings.ToUpper(methods[i])
		b.need(!place.is(scalarKind) || token.MatchString(methods[i]), place, "is no HTTP method")
	}
}
