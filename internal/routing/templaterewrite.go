package routing

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"text/template"
	"text/template/parse"
)

// What a rewritten tree calls. A template that spells one of them is refused.
const (
	funcGet    = "_get"   // fields of what may be missing
	funcShow   = "_show"  // a value as escaped text
	funcRange  = "_range" // what a loop may walk
	funcTick   = "_tick"  // a look at the clock
	hiddenMark = '_'      // how these begin
)

// rewriteTemplates changes every tree of a set so that fields of missing
// values are empty, output is escaped and loops look at the clock.
func rewriteTemplates(set *template.Template) error {
	calls := map[string][]string{}
	for _, t := range set.Templates() {
		if t.Tree == nil || t.Root == nil {
			continue
		}
		r := &rewriter{allowed: allowedFuncs()}
		r.list(t.Root)
		if r.err != nil {
			return r.err
		}
		t.Root.Nodes = slices.Insert(t.Root.Nodes, 0, tick(t.Root.Pos))
		calls[t.Name()] = r.calls
	}
	return checkCalls(calls)
}

// checkCalls refuses calls of what is not there, and templates that call
// themselves: nothing would end them.
func checkCalls(calls map[string][]string) error {
	const walking, done = 1, 2
	state := map[string]int{}
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case walking:
			return fmt.Errorf("the template %q calls itself", name)
		case done:
			return nil
		}
		state[name] = walking
		for _, next := range calls[name] {
			if _, defined := calls[next]; !defined {
				return fmt.Errorf("the template %q is not defined", next)
			}
			if err := visit(next); err != nil {
				return err
			}
		}
		state[name] = done
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}

func allowedFuncs() map[string]bool {
	allowed := map[string]bool{}
	for name := range templateFuncs() {
		allowed[name] = name[0] != hiddenMark
	}
	for _, name := range []string{"and", "or", "not"} { // of package text/template
		allowed[name] = true
	}
	return allowed
}

// rewriter walks one tree.
type rewriter struct {
	allowed map[string]bool
	calls   []string // templates that this one calls
	err     error    // the first fault
}

func (r *rewriter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		r.node(n)
	}
}

func (r *rewriter) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.TextNode:
		n.Text = closeEscape(n.Text)
	case *parse.ActionNode:
		r.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			n.Pipe.Cmds = append(n.Pipe.Cmds, call(n.Pos, funcShow))
		}
	case *parse.IfNode:
		r.branch(&n.BranchNode)
	case *parse.WithNode:
		r.branch(&n.BranchNode)
	case *parse.RangeNode:
		r.branch(&n.BranchNode)
		n.Pipe.Cmds = append(n.Pipe.Cmds, call(n.Pos, funcRange))
		n.List.Nodes = slices.Insert(n.List.Nodes, 0, tick(n.Pos))
	case *parse.TemplateNode:
		r.calls = append(r.calls, n.Name)
		r.pipe(n.Pipe)
	}
}

// closeEscape keeps a backslash at the end of a template's text from taking
// the escape of what an action prints behind it.
func closeEscape(text []byte) []byte {
	if trailing := len(text) - len(bytes.TrimRight(text, `\`)); trailing%2 == 1 {
		return append(slices.Clone(text), '\\')
	}
	return text
}

func (r *rewriter) branch(b *parse.BranchNode) {
	r.pipe(b.Pipe)
	r.list(b.List)
	r.list(b.ElseList)
}

func (r *rewriter) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for stage, c := range p.Cmds {
		if _, isFunc := c.Args[0].(*parse.IdentifierNode); !isFunc && (stage > 0 || len(c.Args) > 1) {
			r.fault(fmt.Errorf("%s is no function", c.Args[0]))
		}
		for i, arg := range c.Args {
			c.Args[i] = r.arg(arg)
		}
	}
}

// arg rewrites one operand: a chain of fields becomes a call that forgives
// what is missing.
func (r *rewriter) arg(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.PipeNode:
		r.pipe(n)
	case *parse.IdentifierNode:
		if !r.allowed[n.Ident] {
			r.fault(fmt.Errorf("%q is not a function of templates", n.Ident))
		}
	case *parse.FieldNode:
		return get(n.Pos, &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, n.Ident)
	case *parse.VariableNode:
		if len(n.Ident) > 1 {
			fields := n.Ident[1:]
			n.Ident = n.Ident[:1]
			return get(n.Pos, n, fields)
		}
	case *parse.ChainNode:
		return get(n.Pos, r.arg(n.Node), n.Field)
	}
	return n
}

func (r *rewriter) fault(err error) {
	if r.err == nil {
		r.err = err
	}
}

// get makes (_get of "field" "field").
func get(pos parse.Pos, of parse.Node, fields []string) parse.Node {
	c := call(pos, funcGet)
	c.Args = append(c.Args, of)
	for _, f := range fields {
		c.Args = append(c.Args, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: fmt.Sprintf("%q", f), Text: f})
	}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{c}}
}

func call(pos parse.Pos, name string) *parse.CommandNode {
	ident := parse.NewIdentifier(name).SetTree(nil).SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{ident}}
}

// tick makes an action that prints nothing and fails once time is up.
func tick(pos parse.Pos) parse.Node {
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{call(pos, funcTick)}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
}
