package http

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"
	"text/template"
	"text/template/parse"

	"postern/pkg/chat"
	"postern/pkg/secret"
)

// maxBody is the longest body, in bytes.
const maxBody = 256 << 10

const defaultBody = `{"title": {{json .title}}, "text": {{json .text}}, "url": {{json .url}}, "severity": {{json .severity}}}`

// What ends the printing of a value in a body of each kind.
const (
	escapeJSON = "json"
	escapeForm = "urlquery"
	escapeXML  = "html"
	escapeNone = ""
)

// escaperOf gives the function that makes a value harmless in a body of a media
// type; none where there is nothing to break out of.
func escaperOf(mediaType string) string {
	kind, _, err := mime.ParseMediaType(mediaType)
	switch {
	case err != nil:
		return escapeNone
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return escapeJSON
	case kind == "application/x-www-form-urlencoded":
		return escapeForm
	case kind == "text/html", kind == "text/xml", kind == "application/xml", strings.HasSuffix(kind, "+xml"):
		return escapeXML
	}
	return escapeNone
}

// body is a compiled template. It is safe for concurrent use.
type body struct {
	parsed  *template.Template
	escaper string
	secrets map[string]secret.Text
}

// compile parses a template, checks that every value it prints is escaped as the
// media type wants it, and tries it.
func compile(text, mediaType string, secrets map[string]secret.Text) (*body, error) {
	parsed, err := template.New("body").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	b := &body{parsed: parsed, escaper: escaperOf(mediaType), secrets: secrets}
	if b.escaper != escapeNone {
		for _, t := range parsed.Templates() {
			if t.Tree == nil || t.Root == nil {
				continue
			}
			if err := b.escaped(t.Tree, t.Root); err != nil {
				return nil, err
			}
		}
	}
	for _, d := range samples() {
		if _, err := b.render(view(d)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// functions are what a body may use beside those of text/template:
//
//	json                       a value as JSON, quotes and all
//	truncate 80, upper, lower  of a text
//	join ", "                  one text of a list
//	inert                      a text in which nothing pings: @all, <!channel>, [CQ:at]
func functions() template.FuncMap {
	return template.FuncMap{
		escapeJSON: func(v any) string { return string(chat.JSON(v)) },
		"truncate": func(most int, s string) string { return chat.Cut(s, most, chat.Runes) },
		"upper":    strings.ToUpper,
		"lower":    strings.ToLower,
		"join":     join,
		"inert":    strings.NewReplacer("@", "@\u2060", "<", "<\u200b", "[CQ:", "[CQ\u200b:").Replace,
	}
}

func join(by string, list []any) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, by)
}

// escaped refuses an action below n that prints a value as it is: what a stranger
// wrote could then become a key or a parameter of the request.
func (b *body) escaped(t *parse.Tree, n parse.Node) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, inner := range n.Nodes {
			if err := b.escaped(t, inner); err != nil {
				return err
			}
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 && !endsIn(n.Pipe, b.escaper) {
			place, _ := t.ErrorContext(n) // the other is the text, in which a secret may stand
			return fmt.Errorf("%s: a value is printed as it is; end it in %s, such as {{%s .title}}, without quotes around it",
				strings.TrimPrefix(place, "template: "), b.escaper, b.escaper)
		}
	case *parse.IfNode:
		return b.branches(t, &n.BranchNode)
	case *parse.WithNode:
		return b.branches(t, &n.BranchNode)
	case *parse.RangeNode:
		return b.branches(t, &n.BranchNode)
	}
	return nil
}

func (b *body) branches(t *parse.Tree, n *parse.BranchNode) error {
	if err := b.escaped(t, n.List); err != nil {
		return err
	}
	return b.escaped(t, n.ElseList)
}

// endsIn reports whether the last thing that happens to a value is a function.
func endsIn(p *parse.PipeNode, function string) bool {
	last := p.Cmds[len(p.Cmds)-1]
	name, ok := last.Args[0].(*parse.IdentifierNode)
	return ok && name.Ident == function
}

// render makes the body of a message's view.
func (b *body) render(of map[string]any) ([]byte, error) {
	shown := map[string]any{}
	for name, value := range b.secrets {
		shown[name] = value.Reveal()
	}
	of["secrets"] = shown
	out := &bounded{}
	if err := b.parsed.Execute(out, of); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	if b.escaper == escapeJSON && !json.Valid([]byte(out.text.String())) {
		return nil, errors.New("body: what the template made is not the JSON that the Content-Type says")
	}
	return []byte(out.text.String()), nil
}

// bounded refuses what is too long.
type bounded struct{ text strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > maxBody {
		return 0, fmt.Errorf("the body is longer than %d KiB", maxBody>>10)
	}
	return b.text.Write(p)
}
