package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What a file may hold at most: people write configs, so these are far away
// from any honest one and near enough to stop an alias bomb.
const (
	maxFile   = 4 << 20
	maxValues = 200_000
	maxDepth  = 100
)

// kind is the shape of a value.
type kind int

const (
	nullKind kind = iota
	scalarKind
	listKind
	mapKind
	brokenKind // its fault is already told
)

// value is a value of the file: aliases followed, variables expanded.
type value struct {
	kind         kind
	text         string // of a scalar
	quoted       bool
	expanded     bool // text holds what a variable gave
	open         bool // it was decoded into what is no secret
	line, column int
	items        []*value
	entries      []entry
}

type entry struct {
	key          string
	line, column int
	value        *value
}

// read makes the tree of a file. The errors it adds leave broken values, which
// decode to nothing; an error it returns leaves no tree.
func read(name string, data []byte, lookup func(string) (string, bool), found *faults) (Node, error) {
	root := Node{file: &document{name: name}, line: 1, column: 1}
	if len(data) > maxFile {
		return root, root.Errorf("the file is larger than 4 MiB")
	}
	if !utf8.Valid(data) {
		return root, at(root, data, invalidUTF8(data)).Errorf("the file is not UTF-8")
	}
	tree, err := parse(root, data)
	if err != nil || tree == nil {
		return root, err
	}
	g := grower{file: root.file, lookup: lookup, found: found, left: maxValues}
	root.value = g.grow(tree, "", 0)
	if g.left < 0 { // what was cut off would only give false alarms
		root.value = nil
	}
	return root, nil
}

// parse runs the YAML parser. nil: nothing is written.
func parse(root Node, data []byte) (*yaml.Node, error) {
	var doc, next yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // an empty file is the defaults
	case err != nil:
		return nil, syntax(root, data, err)
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		root.line = next.Line
		return nil, root.Errorf("a second document begins; want one")
	case !errors.Is(err, io.EOF):
		return nil, syntax(root, data, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	return doc.Content[0], nil
}

var (
	lineError = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)
	// parserError are the errors whose line the parser counts from zero.
	parserError = regexp.MustCompile(`^(did not find expected (<|node|'-'|key|',')|found (undefined|duplicate|incompatible))`)
	anchorError = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced$`)
)

// syntax words the parser's error. An unknown anchor may be somebody's secret
// that begins with "*": it is not repeated.
func syntax(root Node, data []byte, err error) error {
	if m := anchorError.FindStringSubmatch(err.Error()); m != nil {
		return at(root, data, bytes.Index(data, []byte("*"+m[1]))).Errorf("an alias (*name) without an anchor (&name); quote a value that begins with *")
	}
	if m := lineError.FindStringSubmatch(err.Error()); m != nil {
		root.line, _ = strconv.Atoi(m[1])
		if parserError.MatchString(m[2]) {
			root.line++
		}
		return root.Errorf("not YAML: %s%s", m[2], unquoted(data))
	}
	return root.Errorf("not YAML: %s%s", strings.TrimPrefix(err.Error(), "yaml: "), unquoted(data))
}

// bareVariable is a ${...} in a {...} or [...] without quotes, which YAML takes
// for a map of its own.
var bareVariable = regexp.MustCompile(`(?m)[{\[,][^"'\n]*[:,\[] *\$\{[^"'\n]*[}\]]`)

func unquoted(data []byte) string {
	if !bareVariable.Match(data) {
		return ""
	}
	return `; within {...} and [...] a variable is quoted: "${NAME}"`
}

// at gives the place of a byte of the file.
func at(root Node, data []byte, offset int) Node {
	before := data[:max(offset, 0)]
	root.line = 1 + bytes.Count(before, []byte("\n"))
	root.column = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return root
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}
