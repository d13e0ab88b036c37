package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// key is what is kept of a token: never the token itself.
type key struct {
	grant
	hash    [sha256.Size]byte
	signing []byte // of its sessions
}

type keys []key

func newKeys(tokens []Token) keys {
	var ks keys
	for _, t := range tokens {
		if t.Token.Empty() {
			continue // it would open to who shows nothing
		}
		hash := sha256.Sum256([]byte(t.Token.Reveal()))
		ks = append(ks, key{grant{name: t.Name, scopes: t.Scopes}, hash, mac(hash[:], "postern session")})
	}
	return ks
}

// find gives the key of a token. It compares with all of them, so that time
// tells neither which one matched nor how much of it.
func (ks keys) find(token string) (key, bool) {
	hash := sha256.Sum256([]byte(token))
	found := -1
	for i := range ks {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], ks[i].hash[:]), i, found)
	}
	if found < 0 {
		return key{}, false
	}
	return ks[found], true
}

// bearer takes the token out of the one Authorization header.
func bearer(shown []string) (string, bool) {
	if len(shown) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(shown[0], " ")
	token = strings.Trim(token, " ")
	return token, strings.EqualFold(scheme, "bearer") && token != ""
}
