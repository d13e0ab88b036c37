package api

import (
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"postern/internal/routing"
)

// openapiJSON is what is promised: it is written by hand and first, and tests
// hold every answer to it.
//
//go:embed openapi.json
var openapiJSON []byte

// about is the description of this server.
type about struct {
	document []byte // openapi.json, with the endpoints that are mounted
	page     []byte // the same to be read
	policy   string // what the page may load: its own style
	err      error
}

// describe adds to the document what is mounted here.
func describe(baseURL string, endpoints []*routing.Endpoint) (a about) {
	var document map[string]any
	if a.err = json.Unmarshal(openapiJSON, &document); a.err != nil {
		return a
	}
	if baseURL != "" {
		document["servers"] = []any{map[string]any{"url": baseURL, "description": "This server."}}
	}
	paths, _ := document["paths"].(map[string]any)
	for _, e := range endpoints {
		if !e.Disabled {
			paths["/api/plugin/"+e.Plugin+"/webhook"+e.Path] = operations(e)
		}
	}
	if a.document, a.err = json.Marshal(document); a.err != nil {
		return a
	}
	a.page, a.policy, a.err = page(document)
	return a
}

// openapi gives the document.
func (a *API) openapi(c *gin.Context) {
	about := a.about()
	if about.err != nil {
		a.fail(c, about.err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/json; charset=utf-8", about.document)
}

// anyMethods are told of an endpoint that takes all.
func anyMethods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

// operations describe an endpoint, method by method.
func operations(e *routing.Endpoint) map[string]any {
	methods := e.Methods
	if len(methods) == 0 {
		methods = anyMethods()
	}
	item := map[string]any{"x-postern": map[string]any{"plugin": e.Plugin, "endpoint": e.Path, "source": e.SourceName}}
	for _, m := range methods {
		if m = strings.ToLower(m); slices.Contains([]string{"get", "head", "post", "put", "patch", "delete", "options"}, m) {
			item[m] = operation(e, m)
		}
	}
	return item
}

func operation(e *routing.Endpoint, method string) map[string]any {
	name := e.Name
	if name == "" {
		name = e.Path
	}
	about := "Events of " + e.SourceName + "."
	if e.Description != "" {
		about = e.Description
	}
	o := map[string]any{
		"operationId": "receive-" + method + "-" + e.Plugin + strings.NewReplacer("{", "", "}", "").Replace(e.Path), "tags": []any{"webhooks"}, "security": []any{},
		"summary": name, "description": about + " " + proof(e), "responses": answers(e),
	}
	if p := parameters(e); len(p) > 0 {
		o["parameters"] = p
	}
	if method != "get" && method != "head" && method != "delete" {
		o["requestBody"] = map[string]any{"content": body(e)}
	}
	return o
}

// proof names what proves a caller genuine, never the secret.
func proof(e *routing.Endpoint) string {
	c := e.Verifier.Credentials()
	var words []string
	for _, h := range c.Headers {
		words = append(words, "the header "+h)
	}
	for _, q := range c.Query {
		words = append(words, "the query parameter "+q)
	}
	for _, p := range c.Params {
		words = append(words, "the path's "+p)
	}
	if len(e.AllowIPs)+len(e.AllowFrom) > 0 {
		words = append(words, "the caller's address")
	}
	if len(words) == 0 {
		return "Nothing proves its callers genuine."
	}
	return "A caller is proved genuine by " + strings.Join(words, ", ") + "."
}

func parameters(e *routing.Endpoint) []any {
	var all []any
	add := func(name, in string, schema any, required bool) {
		all = append(all, map[string]any{"name": name, "in": in, "required": required, "schema": schema})
	}
	for s := range strings.SplitSeq(e.Path, "/") {
		if name, ok := strings.CutPrefix(s, "{"); ok {
			add(strings.TrimSuffix(name, "}"), "path", map[string]any{"type": "string"}, true)
		}
	}
	if e.Go != nil && e.Go.Types.Query != nil {
		members, _ := schemaOf(e.Go.Types.Query)["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			add(name, "query", members[name], false)
		}
	}
	return all
}

func body(e *routing.Endpoint) map[string]any {
	if e.Go != nil && e.Go.Types.Body != nil {
		return content(schemaOf(e.Go.Types.Body))
	}
	return map[string]any{"*/*": map[string]any{"schema": map[string]any{}}}
}

func content(schema map[string]any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": schema}}
}

// answers are those of every endpoint, and what this one declares of its own.
func answers(e *routing.Endpoint) map[string]any {
	all := map[string]any{"200": map[string]any{
		"description": "A handshake, or what the sender demands instead of 202.",
		"content":     map[string]any{"*/*": map[string]any{"schema": map[string]any{}}},
	}}
	for _, status := range []string{"400", "401", "403", "404", "413", "500", "503"} {
		all[status] = reference("responses/Hook" + status)
	}
	all["405"] = reference("responses/MethodNotAllowed")
	accepted := reference("schemas/Accepted")
	if e.Go != nil && e.Go.Types.Answer != nil {
		own := schemaOf(e.Go.Types.Answer)
		if e.Go.Respond != nil {
			all["200"] = map[string]any{"description": "The answer.", "content": content(own)}
			return all
		}
		accepted = map[string]any{"allOf": []any{accepted, own}}
	}
	if e.Go == nil || e.Go.Respond == nil {
		all["202"] = map[string]any{"description": "Stored: it cannot be lost any more.", "content": content(accepted)}
	}
	return all
}

func reference(to string) map[string]any {
	return map[string]any{"$ref": "#/components/" + to}
}
