package hmac

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // recognised, so that it can be named
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"regexp"
	"slices"
	"strings"
)

// Bounds on what a stranger can make an explanation look at.
const (
	mostHeaders    = 4
	mostCandidates = 6
	longestName    = 64 // of a header that is named
)

// candidate is something that may be a signature, read as loosely as can be.
type candidate struct {
	header    string
	prefix    string // what stands before it: "sha1="
	encoding  string
	algorithm hashing
	raw       []byte
}

type hashing struct {
	name string
	hash func() hash.Hash
}

// algorithmOf knows an algorithm by the length of its signatures, in bytes.
func algorithmOf(size int) hashing {
	switch size {
	case sha1.Size:
		return hashing{"SHA-1", sha1.New}
	case sha256.Size:
		return hashing{"SHA-256", sha256.New}
	case sha512.Size384:
		return hashing{"SHA-384", sha512.New384}
	case sha512.Size:
		return hashing{"SHA-512", sha512.New}
	default:
		return hashing{}
	}
}

func encodingName(written string) string {
	if written == "" {
		return "hex"
	}
	return written
}

// word is what may stand before a signature.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,16}[=,: ]`)

// candidates reads everything in a header value that has the length of a
// signature, first with what stands before it.
func candidates(value string) []candidate {
	var found []candidate
	pieces := []string{value}
	for _, separators := range []string{" ", ",;", " ,;"} {
		pieces = append(pieces, strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(separators, r) })...)
	}
	for _, piece := range pieces {
		piece = strings.Trim(piece, " \t\"'")
		for _, prefix := range []string{"", word.FindString(piece)} {
			c, ok := decode(strings.TrimPrefix(piece, prefix))
			again := slices.ContainsFunc(found, func(other candidate) bool { return bytes.Equal(other.raw, c.raw) })
			if ok && !again && len(found) < mostCandidates {
				c.prefix = prefix
				found = append(found, c)
			}
		}
	}
	return found
}

// decode tries hex first: every hex text is base64 too, of another length.
func decode(text string) (candidate, bool) {
	if raw, err := hex.DecodeString(text); err == nil {
		a := algorithmOf(len(raw))
		return candidate{encoding: "hex", algorithm: a, raw: raw}, a.hash != nil
	}
	for _, e := range []struct {
		name string
		*base64.Encoding
	}{
		{"base64", base64.StdEncoding},
		{"base64 without padding", base64.RawStdEncoding},
		{"URL-safe base64", base64.URLEncoding},
		{"URL-safe base64 without padding", base64.RawURLEncoding},
	} {
		if raw, err := e.DecodeString(text); err == nil && algorithmOf(len(raw)).hash != nil {
			return candidate{encoding: e.name, algorithm: algorithmOf(len(raw)), raw: raw}, true
		}
	}
	return candidate{}, false
}
