package hmac

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// part is a piece of what is signed: a literal, the value of a header, or the
// body.
type part struct {
	literal string
	header  string
	body    bool
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
		parts, rest, covered = append(parts, p), behind, covered || p.body
	}
	if !covered {
		return nil, errors.New("signed: it must hold {body}, or anybody could change the body")
	}
	if s.TimestampHeader != "" && !covers(parts, s.TimestampHeader) {
		return nil, errors.New("timestamp_header: signed must hold {timestamp}, or anybody could change the timestamp")
	}
	return parts, nil
}

func (s Scheme) placeholder(name string) (part, error) {
	if name == "body" {
		return part{body: true}, nil
	}
	if name == "timestamp" {
		if s.TimestampHeader == "" {
			return part{}, errors.New("timestamp_header: signed holds {timestamp}, so its header must be named")
		}
		return part{header: s.TimestampHeader}, nil
	}
	if header, ok := strings.CutPrefix(name, "header:"); ok && header != "" {
		return part{header: header}, nil
	}
	return part{}, fmt.Errorf("signed: {%s} is none of {body}, {timestamp}, {header:NAME}", name)
}

func covers(parts []part, header string) bool {
	header = textproto.CanonicalMIMEHeaderKey(header)
	for _, p := range parts {
		if p.header != "" && textproto.CanonicalMIMEHeaderKey(p.header) == header {
			return true
		}
	}
	return false
}

// message gives the pieces that were signed, for this request.
func (v *Verifier) message(r *webhook.Request) ([][]byte, error) {
	pieces := make([][]byte, 0, len(v.parts))
	for _, p := range v.parts {
		switch {
		case p.body:
			pieces = append(pieces, r.Body)
		case p.header != "":
			value, err := verify.Header(r, p.header)
			if err != nil {
				return nil, err
			}
			pieces = append(pieces, []byte(value))
		default:
			pieces = append(pieces, []byte(p.literal))
		}
	}
	return pieces, nil
}
