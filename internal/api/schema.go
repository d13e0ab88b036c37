package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// deepest bounds schemas of types that hold themselves.
const deepest = 8

// schemaOf describes the JSON of a Go type, as encoding/json reads and writes
// it. What is not known is anything.
func schemaOf(t reflect.Type) map[string]any { return schemaAt(t, deepest) }

func schemaAt(t reflect.Type, depth int) map[string]any {
	if t.Kind() == reflect.Pointer {
		return nullable(schemaAt(t.Elem(), depth))
	}
	if depth == 0 || t == reflect.TypeFor[json.RawMessage]() {
		return map[string]any{}
	}
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	if implements(t, reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler]()) {
		return map[string]any{}
	}
	if implements(t, reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return map[string]any{"type": "string"}
	}
	return schemaOfKind(t, depth)
}

func schemaOfKind(t reflect.Type, depth int) map[string]any {
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": schemaAt(t.Elem(), depth-1)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaAt(t.Elem(), depth-1)}
	case reflect.Struct:
		return schemaOfStruct(t, depth)
	default:
		return map[string]any{}
	}
}

// schemaOfStruct requires nothing: a member that is missing reads as zero.
func schemaOfStruct(t reflect.Type, depth int) map[string]any {
	properties := map[string]any{}
	for field := range t.Fields() {
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-", !field.IsExported() && !field.Anonymous:
		case field.Anonymous && name == "":
			inner, _ := schemaAt(field.Type, depth-1)["properties"].(map[string]any)
			for k, v := range inner {
				if _, nearer := properties[k]; !nearer {
					properties[k] = v
				}
			}
		default:
			if name == "" {
				name = field.Name
			}
			properties[name] = schemaAt(field.Type, depth-1)
			if strings.Contains(options, "string") {
				properties[name] = map[string]any{"type": "string"}
			}
		}
	}
	return map[string]any{"type": "object", "properties": properties}
}

func nullable(schema map[string]any) map[string]any {
	if kind, ok := schema["type"].(string); ok {
		schema["type"] = []any{kind, "null"}
	}
	return schema
}

func implements(t reflect.Type, any ...reflect.Type) bool {
	for _, i := range any {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}
