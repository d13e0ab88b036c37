package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
)

// Print tells settings apart: the same at every start as long as nothing of what
// is written here changes, a secret's file included. It is too short to try
// guesses of a secret against.
func (n Node) Print() string {
	sum := sha256.New()
	n.value.print(sum)
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

func (v *value) print(w io.Writer) {
	if v == nil {
		return
	}
	text := v.text
	if strings.HasPrefix(text, "file:/") {
		if content, err := readSecret(text); err == nil { // else its fault is told where it is read
			text = content.Reveal()
		}
	}
	_, _ = io.WriteString(w, text+"\x00")
	for _, item := range v.items {
		item.print(w)
	}
	sorted := slices.SortedFunc(slices.Values(v.entries), func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	for _, e := range sorted {
		_, _ = io.WriteString(w, e.key+"\x01")
		e.value.print(w)
	}
}
