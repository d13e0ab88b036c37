package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// The first byte of a stored body says how the rest is written.
const (
	asIs    = 0
	gzipped = 1
)

// worthPacking is the size below which compressing costs more than it saves.
const worthPacking = 1 << 10

var errBody = errors.New("stored body is damaged")

// pack compresses a body where it pays.
func pack(body []byte) []byte {
	if len(body) >= worthPacking {
		var b bytes.Buffer
		b.WriteByte(gzipped)
		w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err == nil {
			_, err = w.Write(body)
		}
		if err == nil && w.Close() == nil && b.Len() < len(body) {
			return b.Bytes()
		}
	}
	return append([]byte{asIs}, body...)
}

func unpack(stored []byte) ([]byte, error) {
	if len(stored) == 0 {
		return nil, errBody
	}
	switch stored[0] {
	case asIs:
		return stored[1:], nil
	case gzipped:
		r, err := gzip.NewReader(bytes.NewReader(stored[1:]))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBody, err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBody, err)
		}
		return body, nil
	default:
		return nil, errBody
	}
}
