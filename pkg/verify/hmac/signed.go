package hmac

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// part is a piece of what is signed: a literal, the value of a header, or
// another piece of the request.
type part struct {
	literal string
	header  string
	piece   string // body | timestamp | method | url
}

// parts reads Signed, and refuses one that would not protect the body or the
// timestamp.
func (s Scheme) parts() ([]part, error) {
	var parts []part
	covered := false
	for rest := s.Signed; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if literal != "" {
			parts = append(parts, part{literal: literal})
		}
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, fmt.Errorf("signed: {%s is never closed", name)
		}
		p, err := s.placeholder(name)
		if err != nil {
			return nil, err
		}
		parts, rest, covered = append(parts, p), behind, covered || p.piece == "body"
	}
	if !covered {
		return nil, errors.New("signed: it must hold {body}, or anybody could change the body")
	}
	if (s.TimestampHeader != "" || s.TimestampPrefix != "") && !s.coversTimestamp(parts) {
		return nil, errors.New("timestamp_header: signed must hold {timestamp}, or anybody could change the timestamp")
	}
	return parts, nil
}

func (s Scheme) placeholder(name string) (part, error) {
	switch name {
	case "body", "method", "url":
		return part{piece: name}, nil
	case "timestamp":
		if s.TimestampPrefix != "" {
			return part{piece: name}, nil
		}
		if s.TimestampHeader == "" {
			return part{}, errors.New("timestamp_header: signed holds {timestamp}, so its header must be named")
		}
		return part{header: s.TimestampHeader}, nil
	}
	if header, ok := strings.CutPrefix(name, "header:"); ok && header != "" {
		return part{header: header}, nil
	}
	return part{}, fmt.Errorf("signed: {%s} is none of {body}, {timestamp}, {method}, {url}, {header:NAME}", name)
}

func (s Scheme) coversTimestamp(parts []part) bool {
	header := textproto.CanonicalMIMEHeaderKey(s.TimestampHeader)
	for _, p := range parts {
		if p.piece == "timestamp" || p.header != "" && textproto.CanonicalMIMEHeaderKey(p.header) == header {
			return true
		}
	}
	return false
}

// message gives the pieces that were signed, for this request. The timestamp
// is the one that stands beside the signature, if any.
func (v *Verifier) message(r *webhook.Request, timestamp string) ([][]byte, error) {
	pieces := make([][]byte, 0, len(v.parts))
	for _, p := range v.parts {
		piece, err := v.piece(p, r, timestamp)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece)
	}
	return pieces, nil
}

func (v *Verifier) piece(p part, r *webhook.Request, timestamp string) ([]byte, error) {
	switch {
	case p.header != "":
		value, err := verify.Header(r, p.header)
		return []byte(value), err
	case p.piece == "body":
		return v.body(r)
	case p.piece == "timestamp":
		return []byte(timestamp), nil
	case p.piece == "method":
		return []byte(r.Method), nil
	case p.piece == "url":
		return []byte(r.URL), nil
	default:
		return []byte(p.literal), nil
	}
}

// body gives the raw body, or the one field that is signed of a form or
// of a query.
func (v *Verifier) body(r *webhook.Request) ([]byte, error) {
	field := v.scheme.FormField
	if field == "" {
		return r.Body, nil
	}
	return verify.OnlySigned(r, field)
}
