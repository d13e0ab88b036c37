package verify

import (
	"net/http"

	"postern/pkg/webhook"
)

// OnlyField gives the decoded value of a form that is signed by one
// of its fields: the form must be that field alone, for nobody signed what
// stands beside it.
func OnlyField(r *webhook.Request, name string) ([]byte, error) {
	form, err := r.Form()
	if err != nil || len(form.Files) > 0 {
		return nil, Reject("the body cannot be decoded as a form")
	}
	values := form.Values[name]
	if len(values) != 1 || len(form.Values) != 1 {
		return nil, Reject("the form is not the one field " + name)
	}
	return []byte(values[0]), nil
}

// OnlySigned gives what is signed of a request whose sender signs the one field
// of a form: that field, in the query of a GET without a body, else the body.
// What stands beside it in a query is nobody's word, as in any other query.
func OnlySigned(r *webhook.Request, name string) ([]byte, error) {
	switch {
	case r.Method == http.MethodGet && len(r.Body) == 0:
		value, ok := r.QueryField(name)
		if !ok {
			return nil, Reject("the query does not hold " + name + " once")
		}
		return []byte(value), nil
	case r.MediaType() == "application/x-www-form-urlencoded":
		return OnlyField(r, name)
	default:
		return r.Body, nil
	}
}
