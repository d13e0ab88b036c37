package config

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// grower turns the parser's tree into ours: it follows aliases within bounds,
// expands variables, and refuses what would be read in two ways.
type grower struct {
	file   *document
	lookup func(string) (string, bool)
	found  *faults
	left   int // values that may still be made
}

func (g *grower) fault(n *yaml.Node, path path, format string, args ...any) {
	g.found.add(Node{file: g.file, path: path, line: n.Line, column: n.Column}.Errorf(format, args...))
}

func (g *grower) grow(n *yaml.Node, path path, depth int) *value {
	v := &value{kind: brokenKind, line: n.Line, column: n.Column}
	if !g.allowed(n, path, depth) {
		return v
	}
	switch n.Kind {
	case yaml.AliasNode:
		return g.grow(n.Alias, path, depth+1)
	case yaml.MappingNode:
		v.kind = mapKind
		v.entries = g.growMap(n, path, depth)
	case yaml.SequenceNode:
		v.kind = listKind
		for i, item := range n.Content {
			v.items = append(v.items, g.grow(item, path.item(i), depth+1))
		}
	case yaml.ScalarNode:
		g.growScalar(n, path, v)
	default: // a document inside a document does not exist
	}
	return v
}

// allowed bounds the work: an alias bomb, or an anchor that holds itself, ends
// here and is told once.
func (g *grower) allowed(n *yaml.Node, path path, depth int) bool {
	tags := []string{"", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}
	g.left--
	switch {
	case g.left < 0:
		if g.left == -1 {
			g.fault(n, "", "the file holds more than %d values, aliases counted as often as they are used", maxValues)
		}
		return false
	case depth > maxDepth:
		g.fault(n, "", "values are nested deeper than %d", maxDepth)
		g.left = -1
		return false
	case n.Style&yaml.TaggedStyle != 0 && !slices.Contains(tags, n.ShortTag()):
		g.fault(n, path, "tags (!name) are not supported; quote a value that begins with !")
		return false
	}
	return true
}

func (g *grower) growMap(n *yaml.Node, path path, depth int) []entry {
	entries := make([]entry, 0, len(n.Content)/2)
	first := map[string]int{} // key -> line
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, content := n.Content[i], n.Content[i+1]
		line, twice := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!null":
			g.fault(key, path, "a key must be a plain word")
		case key.Tag == "!!merge":
			g.fault(key, path, "merge keys (<<) are not supported; write the keys out")
		case twice:
			g.found.add(Node{file: g.file, path: path.key(key.Value), line: key.Line, column: key.Column}.
				Itself().Errorf("written twice, first in line %d", line)) // the first one is read on
		default:
			first[key.Value] = key.Line
			entries = append(entries, entry{
				key: key.Value, line: key.Line, column: key.Column,
				value: g.grow(content, path.key(key.Value), depth+1),
			})
			last := entries[len(entries)-1].value
			if last.line == 0 || last.kind == nullKind { // an empty value has no place of its own
				last.line, last.column = key.Line, key.Column
			}
		}
	}
	return entries
}

func (g *grower) growScalar(n *yaml.Node, path path, v *value) {
	v.quoted = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if n.Tag == "!!null" {
		v.kind = nullKind
		return
	}
	text, expanded, wrong := expand(n.Value, g.lookup)
	for _, what := range wrong {
		g.fault(n, path, "%s", what)
	}
	if len(wrong) == 0 {
		v.kind, v.text, v.expanded = scalarKind, text, expanded
	}
}
