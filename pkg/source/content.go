package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// ContentWindow is how long a ContentID may stand in for a delivery id: a
// sender without ids of its own may repeat itself rightly.
const ContentWindow = time.Minute

// ContentID gives a delivery id for a sender that has none: a hash of what tells
// one delivery from another. Each part counts for itself, so that "a", "bc" and
// "ab", "c" are two.
func ContentID(parts ...string) string {
	var content strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&content, "%q ", p)
	}
	sum := sha256.Sum256([]byte(content.String()))
	return hex.EncodeToString(sum[:])
}
