package verify

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"

	"postern/pkg/webhook"
)

// BodyGuess is one common mistake with a body: what the sender may have signed
// in the place of what it sent, and the line that says so.
type BodyGuess struct {
	Body []byte
	Says string
}

// BodyMistakes are the ways in which a body is signed and then sent as other
// bytes. signed is what the scheme wants signed, the body as a rule; none of
// the guesses is that.
func BodyMistakes(r *webhook.Request, signed []byte) []BodyGuess {
	var kept []BodyGuess
	for _, g := range slices.Concat(edges(signed), forms(r), rewritten(signed)) {
		if !bytes.Equal(g.Body, signed) {
			kept = append(kept, g)
		}
	}
	return kept
}

const byteOrderMark = "\xef\xbb\xbf"

// edges are mistakes at the ends of the body and of its lines.
func edges(body []byte) []BodyGuess {
	return []BodyGuess{
		{[]byte{}, "the signature is over an empty body: the sender signs before the body is written"},
		{join(body, "\n"), "the signature is over the body and a newline behind it, which is not sent (curl -d drops it, --data-binary does not)"},
		{join(body, "\r\n"), "the signature is over the body and a newline behind it, which is not sent (curl -d drops it, --data-binary does not)"},
		{bytes.TrimRight(body, "\r\n"), "the signature is over the body without its trailing newline, which is added after signing"},
		{bytes.TrimPrefix(body, []byte(byteOrderMark)), "the body begins with a byte order mark that is not signed"},
		{join([]byte(byteOrderMark), string(body)), "the signature is over a byte order mark and the body, and the mark is not sent"},
		{bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "the line breaks were changed from LF to CRLF after signing"},
		{bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n")), "the line breaks were changed from CRLF to LF after signing"},
	}
}

// join copies: the body is the request's own.
func join(body []byte, tail string) []byte {
	return append(bytes.Clone(body), tail...)
}

// forms are mistakes between JSON and a form that holds it.
func forms(r *webhook.Request) []BodyGuess {
	if r.MediaType() != "application/x-www-form-urlencoded" {
		return []BodyGuess{
			{[]byte("payload=" + url.QueryEscape(string(r.Body))), "body was re-encoded: the sender posts a form, and JSON arrives"},
		}
	}
	form, err := r.Form()
	if err != nil || !form.Values.Has("payload") {
		return nil
	}
	return []BodyGuess{
		{r.Body, "the signature is over the form as it is sent, and the JSON inside it is wanted: is the source right?"},
		{[]byte(form.Values.Get("payload")), "body was re-encoded: the sender posts a form and signs the JSON inside it; let it post application/json"},
	}
}

// rewritten are mistakes of those who sign JSON and let a library write it
// anew.
func rewritten(body []byte) []BodyGuess {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return nil
	}
	return []BodyGuess{
		{compact.Bytes(), "body was re-encoded: the signature is over the same JSON without blanks; sign the bytes that are sent"},
		{spaced(compact.Bytes()), "body was re-encoded: the signature is over the same JSON with a blank behind each comma and colon, as Python's json.dumps writes it; sign the bytes that are sent"},
	}
}

// spaced puts a blank behind the commas and colons of compact JSON.
func spaced(compact []byte) []byte {
	text := make([]byte, 0, len(compact)+len(compact)/8)
	quoted, escaped := false, false
	for _, c := range compact {
		text = append(text, c)
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			text = append(text, ' ')
		}
	}
	return text
}
