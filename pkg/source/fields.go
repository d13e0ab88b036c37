package source

import "postern/pkg/webhook"

// Fields makes fields of names and values in turn, in the order to be shown. A
// value becomes a line of at most MaxLine characters; what has none is left out.
func Fields(namesAndValues ...string) []webhook.Field {
	var fields []webhook.Field
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		if value := Line(namesAndValues[i+1]); value != "" {
			fields = append(fields, webhook.Field{Name: namesAndValues[i], Value: value})
		}
	}
	return fields
}
