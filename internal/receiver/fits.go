package receiver

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"postern/pkg/plugin"
	"postern/pkg/webhook"
)

// fits checks a request against the types that its endpoint declares: a JSON
// body, and the query.
func fits(g *plugin.Endpoint, req *webhook.Request) error {
	if g == nil {
		return nil
	}
	if err := g.Types.CheckBody(req); err != nil {
		return notTaken(err)
	}
	if g.Types.Query != nil {
		if err := queryFits(g.Types.Query, req); err != nil {
			return notTaken(err)
		}
	}
	return nil
}

// queryFits checks the parameters that a struct has fields for, by the names of
// their json tags: numbers and booleans are such, and what is no list is there
// once at most. A parameter that no field names is left alone.
func queryFits(t reflect.Type, req *webhook.Request) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	query := req.Query()
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		if len(query[name]) > 1 && !isList(field.Type) {
			return fmt.Errorf("%w: the query parameter %q is given several times", webhook.ErrPayload, name)
		}
		for _, value := range query[name] {
			if !textFits(field.Type, value) {
				return fmt.Errorf("%w: the query parameter %q is not what this endpoint takes", webhook.ErrPayload, name)
			}
		}
	}
	return nil
}

func isList(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Array
}

// textFits reports whether a parameter's text is a value of a type.
func textFits(t reflect.Type, text string) bool {
	var err error
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return textFits(t.Elem(), text)
	case reflect.Bool:
		_, err = strconv.ParseBool(text)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		_, err = strconv.ParseInt(text, 10, t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		_, err = strconv.ParseUint(text, 10, t.Bits())
	case reflect.Float32, reflect.Float64:
		_, err = strconv.ParseFloat(text, t.Bits())
	default: // a string, or what makes itself of one
	}
	return err == nil
}
