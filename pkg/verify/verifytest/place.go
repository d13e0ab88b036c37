package verifytest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"postern/pkg/webhook"
)

// Encoding is how the bytes of a credential are written.
type Encoding int

// The encodings.
const (
	Plain     Encoding = iota // as they are: a token
	Hex                       // in lower case by the sender, accepted in either
	Base64                    // standard alphabet, padded
	Base64URL                 // URL alphabet, not padded
)

// Place is where a request carries its credential, and how it is written.
type Place struct {
	Header string // the header that holds it
	Query  string // or the query parameter
	Param  string // or the path parameter, of which there is always one
	Prefix string // what stands before it: "sha256="
	// Cut finds the credential in a value that holds more than a prefix and
	// the credential: "t=1,v1=abc". Nil: what follows Prefix.
	Cut      func(value string) (before, credential, after string)
	Encoding Encoding
}

func (p Place) known() bool { return p.Header != "" || p.Query != "" || p.Param != "" }

// read gives the value that holds the credential.
func (p Place) read(r *webhook.Request) string {
	switch {
	case p.Param != "":
		return r.Params[p.Param]
	case p.Query != "":
		return r.Query().Get(p.Query)
	default:
		return r.Header.Get(p.Header)
	}
}

// write gives a copy of the request that carries the values instead.
func (p Place) write(r *webhook.Request, values ...string) *webhook.Request {
	c := clone(r)
	if p.Param != "" {
		setParam(c, p.Param, strings.Join(values, ","))
		return c
	}
	if p.Query != "" {
		query := c.Query()
		query[p.Query] = values
		setQuery(c, query)
		return c
	}
	c.Header.Del(p.Header)
	for _, v := range values {
		c.Header.Add(p.Header, v)
	}
	return c
}

// cut takes a genuine value apart.
func (p Place) cut(value string) (before, credential, after string, err error) {
	if p.Cut != nil {
		before, credential, after = p.Cut(value)
	} else {
		before, credential = p.Prefix, strings.TrimPrefix(value, p.Prefix)
	}
	if before+credential+after != value || credential == "" {
		return "", "", "", fmt.Errorf("the genuine sender writes %q, which has no credential where the Place says", value)
	}
	return before, credential, after, nil
}

func (p Place) decode(credential string) ([]byte, error) {
	switch p.Encoding {
	case Hex:
		return hex.DecodeString(credential)
	case Base64:
		return base64.StdEncoding.Strict().DecodeString(credential)
	case Base64URL:
		return base64.RawURLEncoding.Strict().DecodeString(credential)
	default:
		return []byte(credential), nil
	}
}

func (p Place) encode(b []byte) string {
	switch p.Encoding {
	case Hex:
		return hex.EncodeToString(b)
	case Base64:
		return base64.StdEncoding.EncodeToString(b)
	case Base64URL:
		return base64.RawURLEncoding.EncodeToString(b)
	default:
		return string(b)
	}
}
