package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"postern/pkg/webhook"
)

// Body decodes a request's JSON body into a T, whatever its Content-Type says.
// Members that T does not name are left alone. What is no JSON or does not fit
// is Invalid and names the member.
func Body[T any](r *webhook.Request) (T, error) {
	var body T
	err := decodeBody(r, &body)
	return body, err
}

// CheckBody refuses a body that does not fit Body, whatever its Content-Type
// says. It is what stands before an endpoint's functions; without a Body
// everything fits, and so does a request whose method carries none and that
// declares no JSON.
func (t Types) CheckBody(r *webhook.Request) error {
	if t.Body == nil || bodiless(r.Method) && !r.IsJSON() {
		return nil
	}
	return decodeBody(r, reflect.New(t.Body).Interface())
}

// bodiless reports whether a request of a method usually has no body.
func bodiless(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions, http.MethodTrace:
		return true
	default:
		return false
	}
}

func decodeBody(r *webhook.Request, into any) error {
	if _, err := webhook.DecodeJSON(r.Body); err != nil {
		return Invalid("%s", strings.TrimPrefix(err.Error(), webhook.ErrPayload.Error()+": "))
	}
	err := json.Unmarshal(bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")), into)
	var misfit *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &misfit) && misfit.Field != "":
		return Invalid("%s must be %s", misfit.Field, word(misfit.Type))
	case errors.As(err, &misfit):
		return Invalid("the body must be %s", word(misfit.Type))
	default: // a type's own UnmarshalJSON or UnmarshalText; its words may quote the body
		return Invalid("the body does not fit")
	}
}

// word names a Go type as a caller knows it.
func word(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	default:
		return "of another type"
	}
}
