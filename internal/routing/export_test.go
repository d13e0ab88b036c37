package routing

// FunctionNames are the functions that a template may call.
func FunctionNames() []string {
	var names []string
	for name, allowed := range allowedFuncs() {
		if allowed {
			names = append(names, name)
		}
	}
	return names
}

// EventFields are the fields of an event that a condition knows, and those of
// its parts.
func EventFields() []string {
	var names []string
	for _, fields := range eventStructs() {
		for name := range fields {
			names = append(names, name)
		}
	}
	return names
}
