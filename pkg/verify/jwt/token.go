package jwt

import (
	"strings"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// token is a JWS in its compact form, taken apart and not yet believed.
type token struct {
	algorithm string
	keyID     string
	claims    map[string]any
	signed    []byte
	signature []byte
}

func parse(text string) (token, error) {
	signed, last, _ := cutLast(text)
	header, payload, ok := strings.Cut(signed, ".")
	if !ok {
		return token{}, verify.Reject("the token is not of three parts")
	}
	signature, err := verify.Base64URL(last)
	if err != nil {
		return token{}, verify.Reject("the token's signature cannot be decoded")
	}
	head, err := object(header)
	if err != nil {
		return token{}, err
	}
	if _, critical := head["crit"]; critical {
		return token{}, verify.Reject("the token wants an extension to be understood")
	}
	claims, err := object(payload)
	if err != nil {
		return token{}, err
	}
	algorithm, _ := head["alg"].(string)
	keyID, _ := head["kid"].(string)
	return token{algorithm, keyID, claims, []byte(signed), signature}, nil
}

func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}

// object decodes one part. Names are matched in their exact case, which a
// struct of encoding/json would not do.
func object(part string) (map[string]any, error) {
	raw, err := verify.Base64URL(part)
	if err != nil {
		return nil, verify.Reject("a part of the token cannot be decoded")
	}
	value, err := webhook.DecodeJSON(raw)
	if err != nil {
		return nil, verify.Reject("a part of the token is not JSON")
	}
	o, ok := value.(map[string]any)
	if !ok {
		return nil, verify.Reject("a part of the token is not a JSON object")
	}
	return o, nil
}
