package verify

import "postern/pkg/webhook"

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
