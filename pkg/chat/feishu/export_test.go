package feishu

import "postern/pkg/secret"

// Vector signs as Send does, at a time of the test's choice.
func Vector(key, stamp string) string { return sign(secret.New(key), stamp) }
