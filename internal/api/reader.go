package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// call is one operation as the page shows it.
type call struct {
	ID, Method, Path, Summary, Description string

	Parameters []field
	Body       []example
	Responses  []response
}

type field struct {
	Name, In, Type, Description string

	Required bool
}

type example struct{ Media, Text string }

type response struct {
	Status, Description, Codes string

	Bodies []example
}

// schema is a named shape.
type schema struct {
	Name, Description string

	Fields []field
	Values string
}

// reader finds its way through a document.
type reader struct{ document map[string]any }

// at gives what a reference points to, or the value itself.
func (r reader) at(v any) map[string]any {
	m, _ := v.(map[string]any)
	to, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	found := any(r.document)
	for step := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
		inner, _ := found.(map[string]any)
		found = inner[step]
	}
	m, _ = found.(map[string]any)
	return m
}

func (r reader) calls() []call {
	var all []call
	paths, _ := r.document["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(map[string]any)
		for _, method := range []string{"get", "head", "post", "put", "patch", "delete", "options"} {
			if o, ok := item[method].(map[string]any); ok {
				c := r.call(method, path, o)
				if strings.HasPrefix(path, "/api/plugin/") { // their ids may hold what no anchor does
					c.ID = "call-" + strconv.Itoa(len(all))
				}
				all = append(all, c)
			}
		}
	}
	return all
}

func (r reader) call(method, path string, o map[string]any) call {
	c := call{
		ID: text(o["operationId"]), Method: strings.ToUpper(method), Path: path,
		Summary: text(o["summary"]), Description: text(o["description"]),
	}
	list, _ := o["parameters"].([]any)
	for _, p := range list {
		p := r.at(p)
		required, _ := p["required"].(bool)
		c.Parameters = append(c.Parameters, field{
			Name: text(p["name"]), In: text(p["in"]), Type: r.word(p["schema"]), Description: text(p["description"]), Required: required,
		})
	}
	if b := r.at(o["requestBody"]); b != nil {
		c.Body = r.examples(b)
	}
	responses, _ := o["responses"].(map[string]any)
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		found := r.at(responses[status])
		c.Responses = append(c.Responses, response{
			Status: status, Description: text(found["description"]), Codes: r.codes(found), Bodies: r.examples(found),
		})
	}
	return c
}

// examples are what bodies look like: an example where there is one, else the
// name or the shape.
func (r reader) examples(holder map[string]any) []example {
	media, _ := holder["content"].(map[string]any)
	var all []example
	for _, kind := range slices.Sorted(maps.Keys(media)) {
		m, _ := media[kind].(map[string]any)
		if kind == "application/problem+json" {
			continue // the same everywhere: the codes tell more
		}
		shown := example{Media: kind, Text: r.word(m["schema"])}
		if v, ok := m["example"]; ok {
			shown.Text = pretty(v)
		} else if list, ok := r.at(m["schema"])["examples"].([]any); ok && len(list) > 0 {
			shown.Text = pretty(list[0])
		}
		all = append(all, shown)
	}
	return all
}

// codes are the words that a refusal may have.
func (r reader) codes(holder map[string]any) string {
	var words []string
	walk(holder["content"], func(m map[string]any) {
		code, _ := m["code"].(map[string]any)
		values, _ := code["enum"].([]any)
		for _, v := range values {
			words = append(words, text(v))
		}
	})
	return strings.Join(words, ", ")
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, inner := range v {
			walk(inner, visit)
		}
	case []any:
		for _, inner := range v {
			walk(inner, visit)
		}
	}
}

func (r reader) schemas() []schema {
	components, _ := r.document["components"].(map[string]any)
	named, _ := components["schemas"].(map[string]any)
	var all []schema
	for _, name := range slices.Sorted(maps.Keys(named)) {
		m, _ := named[name].(map[string]any)
		s := schema{Name: name, Description: text(m["description"]), Values: values(m)}
		properties, _ := m["properties"].(map[string]any)
		required, _ := m["required"].([]any)
		for _, p := range slices.Sorted(maps.Keys(properties)) {
			inner, _ := properties[p].(map[string]any)
			s.Fields = append(s.Fields, field{
				Name: p, Type: r.word(inner), Description: text(inner["description"]), Required: slices.Contains(required, any(p)),
			})
		}
		all = append(all, s)
	}
	return all
}

// word is a schema in a few words.
func (r reader) word(v any) string {
	m, _ := v.(map[string]any)
	if to, ok := m["$ref"].(string); ok {
		return to[strings.LastIndex(to, "/")+1:]
	}
	for _, several := range []string{"oneOf", "allOf"} {
		if list, ok := m[several].([]any); ok {
			words := make([]string, len(list))
			for i, one := range list {
				words[i] = r.word(one)
			}
			return strings.Join(words, map[string]string{"oneOf": " or ", "allOf": " and "}[several])
		}
	}
	switch kind := m["type"].(type) {
	case string:
		if kind == "array" {
			return "list of " + r.word(m["items"])
		}
		return cmp.Or(values(m), cmp.Or(text(m["format"]), kind))
	case []any:
		return strings.Trim(fmt.Sprint(kind...), "[]")
	default:
		return cmp.Or(text(m["const"]), "anything")
	}
}

func values(m map[string]any) string {
	list, _ := m["enum"].([]any)
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprintf("%q", text(v))
	}
	return strings.Join(words, " | ")
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func pretty(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
