package verify

import "postern/pkg/webhook"

// Header gives the one value of a header that verifying needs. Absent or empty
// it is Missing; given several times it is rejected, because nobody can say
// which of them the sender meant.
func Header(r *webhook.Request, name string) (string, error) {
	values := r.Header.Values(name)
	switch {
	case len(values) > 1:
		return "", Reject("the " + name + " header is given several times")
	case len(values) == 0 || values[0] == "":
		return "", Missing("the " + name + " header is missing")
	default:
		return values[0], nil
	}
}
