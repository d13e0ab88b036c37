package hmac

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain finds out how a signature was made that this scheme does not take.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	switch {
	case errors.Is(err, verify.ErrOutOfRange):
		return v.late(r)
	case errors.Is(err, verify.ErrMissing), errors.Is(err, verify.ErrRejected):
		if says := v.mistake(r); says != "" {
			return says
		}
		return v.absent(r)
	default:
		return ""
	}
}

// late is said of a signature that is right: how old it is, and whose it is.
func (v *Verifier) late(r *webhook.Request) string {
	given, stamp, err := v.read(r.Header.Get(v.scheme.Header))
	if err != nil {
		return ""
	}
	written := stamp
	if v.scheme.TimestampHeader != "" {
		written = r.Header.Get(v.scheme.TimestampHeader)
	}
	signed, err := verify.Timestamp(written)
	if err != nil {
		return ""
	}
	return sentence(verify.Skewed(signed, r), v.which(r, given, stamp))
}

// which names the secret that made a signature.
func (v *Verifier) which(r *webhook.Request, given [][]byte, stamp string) string {
	message, err := v.message(r, stamp)
	if err != nil {
		return ""
	}
	for i := range v.secrets {
		one := Verifier{newHash: v.newHash, secrets: v.secrets[i : i+1]}
		if one.matches(given, message) {
			return verify.Which(i, len(v.secrets))
		}
	}
	return ""
}

// mistake looks at whatever may be a signature, in this scheme's header first.
func (v *Verifier) mistake(r *webhook.Request) string {
	for _, c := range v.everything(r) {
		if says, ok := v.made(r, c); ok {
			return says
		}
	}
	return ""
}

// everything is what may be a signature, bounded: each of them costs many tries.
func (v *Verifier) everything(r *webhook.Request) []candidate {
	own := textproto.CanonicalMIMEHeaderKey(v.scheme.Header)
	var found []candidate
	for _, name := range append([]string{own}, signatureHeaders(r, own)...) {
		for _, value := range r.Header[name] {
			for _, c := range candidates(value) {
				c.header = name
				found = append(found, c)
			}
		}
	}
	return found[:min(len(found), mostCandidates)]
}

// made says how a candidate was made, if it was made with a secret of ours.
func (v *Verifier) made(r *webhook.Request, c candidate) (string, bool) {
	for _, shape := range v.shapes() {
		trial := verify.Trial{Secrets: v.secrets, Keys: v.undecoded(), Request: r, Match: func(key secret.Text, body []byte) bool {
			return v.makes(r, c, shape.parts, key, body)
		}}
		if signed, err := v.body(r); err == nil {
			trial.Body = signed
		}
		if says, ok := trial.Find(); ok {
			return sentence(append(v.differences(c), shape.says, says)...), true
		}
	}
	return "", false
}

// makes reports whether a key over these parts, with this body in its place,
// gives a candidate.
func (v *Verifier) makes(r *webhook.Request, c candidate, parts []part, key secret.Text, body []byte) bool {
	mac := hmac.New(c.algorithm.hash, []byte(key.Reveal()))
	for _, p := range parts {
		if p.piece == "body" {
			mac.Write(body)
			continue
		}
		piece, err := v.piece(p, r, v.stamp(r))
		if err != nil {
			return false
		}
		mac.Write(piece)
	}
	return hmac.Equal(mac.Sum(nil), c.raw)
}

// shape is what may have been signed, and the line where that is wrong.
type shape struct {
	parts []part
	says  string
}

func (v *Verifier) shapes() []shape {
	own := shape{parts: v.parts}
	if v.scheme.Signed == "{body}" {
		return []shape{own}
	}
	return []shape{own, {[]part{{piece: "body"}}, fmt.Sprintf("the signature is over the body alone, %q is wanted", v.scheme.Signed)}}
}

// stamp is the timestamp beside the signature, however the rest of it reads.
func (v *Verifier) stamp(r *webhook.Request) string {
	if v.scheme.TimestampPrefix == "" {
		return ""
	}
	for piece := range strings.SplitSeq(r.Header.Get(v.scheme.Header), v.scheme.Separator) {
		if stamp, ok := strings.CutPrefix(strings.Trim(piece, " \t"), v.scheme.TimestampPrefix); ok {
			return stamp
		}
	}
	return ""
}

// undecoded are the secrets as they are written, of a scheme that decodes them.
func (v *Verifier) undecoded() []verify.Guess {
	var guesses []verify.Guess
	if v.scheme.SecretEncoding == "" {
		return nil
	}
	const says = "the sender signs with the text of the secret: it is to be decoded from base64 first"
	for _, s := range v.secrets {
		text := base64.StdEncoding.EncodeToString([]byte(s.Reveal()))
		guesses = append(guesses, verify.Guess{Key: secret.New(text), Says: says},
			verify.Guess{Key: secret.New(v.scheme.SecretPrefix + text), Says: says})
	}
	return guesses
}

// differences are what a candidate has other than this scheme wants it.
func (v *Verifier) differences(c candidate) []string {
	var found []string
	s := v.scheme
	if own := textproto.CanonicalMIMEHeaderKey(s.Header); c.header != own {
		found = append(found, fmt.Sprintf("the signature stands in %s, and %s is wanted", c.header, s.Header))
	}
	if want := algorithmOf(v.newHash().Size()); c.algorithm.name != want.name {
		found = append(found, fmt.Sprintf("the signature is made with %s, and %s is wanted", c.algorithm.name, want.name))
	}
	if want := encodingName(s.Encoding); c.encoding != want {
		found = append(found, fmt.Sprintf("the signature is written in %s, and %s is wanted", c.encoding, want))
	}
	switch {
	case c.prefix == s.Prefix, len(found) > 0: // another header or algorithm has another prefix
		return found
	case s.Prefix == "":
		return append(found, fmt.Sprintf("the signature begins with %q, and nothing is wanted before it", c.prefix))
	case c.prefix == "":
		return append(found, fmt.Sprintf("the signature lacks the prefix %q", s.Prefix))
	default:
		return append(found, fmt.Sprintf("the signature begins with %q, and %q is wanted", c.prefix, s.Prefix))
	}
}

// absent is said where no secret of ours made anything that is there.
func (v *Verifier) absent(r *webhook.Request) string {
	own := textproto.CanonicalMIMEHeaderKey(v.scheme.Header)
	value := r.Header.Get(own)
	others := signatureHeaders(r, own)
	switch {
	case value == "" && len(others) > 0:
		return fmt.Sprintf("the %s header is missing, the request carries %s", v.scheme.Header, strings.Join(others[:min(len(others), 3)], ", "))
	case value == "" && len(r.Header[own]) > 0, value != "" && value == v.scheme.Prefix:
		return fmt.Sprintf("the %s header is there and empty: no secret is set at the sender", v.scheme.Header)
	case value == "":
		return fmt.Sprintf("the %s header is missing: is a secret set at the sender?", v.scheme.Header)
	default:
		return ""
	}
}

// signatureHeaders are the other headers that carry a signature by their name.
func signatureHeaders(r *webhook.Request, own string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		lower := strings.ToLower(name)
		if name != own && len(name) <= longestName && (strings.Contains(lower, "signature") || strings.Contains(lower, "hmac")) {
			found = append(found, name)
		}
	}
	return found[:min(len(found), mostHeaders)]
}

// sentence joins what there is to say.
func sentence(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}
