// Package apitest holds answers to the description of the API: what a test got
// must be what openapi.json promises, down to the last member. It makes no
// calls.
package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is the description, ready to judge. Safe for concurrent use.
type Document struct {
	root     map[string]any
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

const location = "urn:postern:openapi"

// Load reads openapi.json beside this package.
func Load() (*Document, error) {
	_, file, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", "openapi.json"))
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	d := &Document{compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	d.root, _ = closed(root).(map[string]any)
	return d, d.compiler.AddResource(location, root)
}

// closed lets objects hold only what is described: readers must ignore what
// they do not know, but nothing may be told that nobody wrote down. What is made
// of several shapes stays open, for each knows its own part only.
func closed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		_, shaped := v["properties"]
		_, open := v["additionalProperties"]
		if _, required := v["required"]; shaped && required && !open {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closed(inner)
		}
	case []any:
		for _, inner := range v {
			closed(inner)
		}
	}
	return v
}

// Paths gives the paths that are described, with the methods of each.
func (d *Document) Paths() map[string][]string {
	all := map[string][]string{}
	paths, _ := d.root["paths"].(map[string]any)
	for path, item := range paths {
		for method := range item.(map[string]any) {
			all[path] = append(all[path], strings.ToUpper(method))
		}
	}
	return all
}

// Check says what is wrong with an answer to a call of a path, with or without
// its query. HEAD is answered as GET is, less the body.
func (d *Document) Check(method, target string, status int, header http.Header, body []byte) error {
	path, _, _ := strings.Cut(target, "?")
	where, response, err := d.find(method, path, status)
	if err != nil {
		return fmt.Errorf("%s %s %d: %w", method, path, status, err)
	}
	if err := d.headers(response, header); err != nil {
		return fmt.Errorf("%s %s %d: %w", method, path, status, err)
	}
	if method == http.MethodHead {
		return nil
	}
	if err := d.body(where, response, header, body); err != nil {
		return fmt.Errorf("%s %s %d: %w\n%.2000s", method, path, status, err, body)
	}
	return nil
}

// find gives the described response and where it stands. What is served nowhere
// may only be said to be so.
func (d *Document) find(method, path string, status int) (where string, response map[string]any, err error) {
	template := d.template(path)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	where = "/paths/" + escape(template) + "/" + strings.ToLower(method)
	operation := d.at(where)
	switch {
	case operation == nil && status == http.StatusNotFound:
		where = "/components/responses/NotFound"
	case operation == nil && status == http.StatusMethodNotAllowed:
		where = "/components/responses/MethodNotAllowed"
	case operation == nil:
		return "", nil, errors.New("no such call is described")
	default:
		where += "/responses/" + strconv.Itoa(status)
	}
	for response = d.at(where); response != nil; response = d.at(where) {
		to, ok := response["$ref"].(string)
		if !ok {
			return where, response, nil
		}
		where = strings.TrimPrefix(to, "#")
	}
	return "", nil, errors.New("this status is not described")
}

// template finds the path's description: one that is written out beats one with
// parameters. An endpoint's path may have several segments.
func (d *Document) template(path string) string {
	if strings.HasPrefix(path, "/api/plugin/") {
		return "/api/plugin/{plugin}/webhook/{endpoint}"
	}
	paths, _ := d.root["paths"].(map[string]any)
	if _, ok := paths[path]; ok {
		return path
	}
	for template := range paths {
		if fits(strings.Split(template, "/"), strings.Split(path, "/")) {
			return template
		}
	}
	return path
}

func fits(template, path []string) bool {
	if len(template) != len(path) {
		return false
	}
	for i, s := range template {
		if !strings.HasPrefix(s, "{") && s != path[i] {
			return false
		}
	}
	return true
}

func (d *Document) headers(response map[string]any, got http.Header) error {
	described, _ := response["headers"].(map[string]any)
	for name, h := range described {
		if h.(map[string]any)["required"] == true && got.Get(name) == "" {
			return fmt.Errorf("the header %s is missing", name)
		}
	}
	return nil
}

func (d *Document) body(where string, response map[string]any, header http.Header, body []byte) error {
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if len(body) > 0 {
			return errors.New("a body where none is described")
		}
		return nil
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if _, ok := content["*/*"]; ok {
		return nil
	}
	if _, ok := content[kind]; !ok {
		return fmt.Errorf("the media type %q is not described", kind)
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	return d.validate(where+"/content/"+escape(kind)+"/schema", body)
}

func (d *Document) validate(where string, body []byte) error {
	d.mu.Lock()
	schema, err := d.compiler.Compile(location + "#" + where)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// Fits checks JSON against a shape by name.
func (d *Document) Fits(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return d.validate("/components/schemas/"+name, text)
}

// at gives what a pointer leads to; nil: nothing.
func (d *Document) at(pointer string) map[string]any {
	found := d.root
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		found, _ = found[unescape(step)].(map[string]any)
	}
	return found
}

func escape(step string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
}

func unescape(step string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
}
