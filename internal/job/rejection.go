package job

import (
	"regexp"
	"strings"
	"time"

	"postern/pkg/secret"
)

// Handshake is the code of a row that is no refusal: a handshake that entrusted
// a secret to us.
const Handshake = "handshake"

// Rejection is what an operator is told of a refused request, and of all that
// are its like.
type Rejection struct {
	At       Time   `json:"at"` // the last of them
	FirstAt  Time   `json:"first_at"`
	Count    int64  `json:"count"`
	Plugin   string `json:"plugin"`   // empty: no endpoint was called
	Endpoint string `json:"endpoint"` // as mounted: "/resource/{id}"
	Path     string `json:"path"`     // of the last of them, secret values replaced
	Method   string `json:"method"`
	RemoteIP string `json:"remote_ip"`
	Status   int    `json:"status"`
	Code     string `json:"code"`
	Cause    string `json:"cause"` // one line
	// Secret is what a handshake entrusted to us. It encodes as a mask; only
	// the scope payload sees it.
	Secret secret.Text `json:"secret,omitzero"`
}

// Bucket names the rows that are bounded together, so that the requests of one
// endpoint never push out another's.
func (r *Rejection) Bucket() string {
	bucket := r.Plugin + "\n" + r.Endpoint
	if r.Code == Handshake {
		bucket += "\n" + Handshake
	}
	return bucket
}

// Known reports whether an endpoint was called.
func (r *Rejection) Known() bool { return r.Endpoint != "" }

var digits = regexp.MustCompile(`[0-9]+`)

// Likeness is the same for requests that are one row: same endpoint, code,
// cause and caller. A clock that goes wrong is one cause, however far it is off
// by now; what belongs to no endpoint is told apart by its path.
func (r *Rejection) Likeness() string {
	cause := r.Cause
	if r.Code == "timestamp_out_of_range" {
		cause = digits.ReplaceAllString(cause, "#")
	}
	path := ""
	if !r.Known() {
		path = r.Path
	}
	return strings.Join([]string{r.Plugin, r.Endpoint, path, r.Code, r.RemoteIP, cause, r.Secret.Reveal()}, "\n")
}

// Merge adds its like.
func (r *Rejection) Merge(more Rejection) {
	r.Count += more.Count
	if more.FirstAt.Before(r.FirstAt.Time) {
		r.FirstAt = more.FirstAt
	}
	if more.At.After(r.At.Time) {
		r.At, r.Path, r.Method, r.Cause = more.At, more.Path, more.Method, more.Cause
	}
}

// RejectionQuery chooses rejections; what is empty chooses all. Of several
// values any one will do.
type RejectionQuery struct {
	Plugins   []string
	Endpoints []string
	Codes     []string
	Since     time.Time
	Limit     int
	Cursor    string // where the last listing ended
}
