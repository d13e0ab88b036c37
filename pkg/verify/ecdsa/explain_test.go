package ecdsa_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ecdsa"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const now, body = "1700000000", "[{}]\r\n"
	keys := [2]secret.Text{}
	for i, pair := range pairs() {
		keys[i] = secret.New(encode(pair.Public()))
	}
	asIs := func(s string) string { return s }
	inHex := func(s string) string {
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(raw)
	}
	mistake := func(key int, message, stamp string, write func(string) string, says string) verifytest.Mistake {
		v, err := ecdsa.New(ecdsa.Config{Header: "X-Sig", TimestampHeader: "X-Time", PublicKey: keys[0].Reveal()}, verify.Keys{})
		if err != nil {
			t.Fatal(err)
		}
		return verifytest.Mistake{Verifier: v, Says: says, Request: &webhook.Request{
			Body: []byte(body), ReceivedAt: time.Unix(1_700_000_000, 0),
			Header: http.Header{"X-Sig": {write(sign(keys[key], message))}, "X-Time": {stamp}},
		}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"hex":             mistake(0, now+body, now, inHex, "written in hex, and base64 is wanted"),
		"the body only":   mistake(0, body, now, asIs, "over the body alone, without X-Time before it"),
		"CRLF not signed": mistake(0, now+"[{}]", now, asIs, "without its trailing newline"),
		"behind":          mistake(0, "1699999000"+body, "1699999000", asIs, "signed 1000 s ago"),
		"a stranger":      mistake(1, now+body, now, asIs, ""),
		"no signature":    mistake(0, now+body, now, func(string) string { return "zz" }, ""),
		"an empty one":    mistake(0, now+body, now, func(string) string { return "" }, ""),
	})
}
