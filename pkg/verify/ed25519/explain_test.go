package ed25519_test

import (
	stded25519 "crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"postern/pkg/verify"
	"postern/pkg/verify/ed25519"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const now, body = "1700000000", `{"type":1}`
	mistake := func(seed byte, message, stamp string, encode func([]byte) string, says string) verifytest.Mistake {
		v, err := ed25519.New(ed25519.Config{Header: "X-Sig", TimestampHeader: "X-Time", PublicKey: public(1).Reveal()}, verify.Keys{})
		if err != nil {
			t.Fatal(err)
		}
		signature := stded25519.Sign(private(seed), []byte(message))
		return verifytest.Mistake{Verifier: v, Says: says, Request: &webhook.Request{
			Body: []byte(body), ReceivedAt: time.Unix(1_700_000_000, 0),
			Header: http.Header{"X-Sig": {encode(signature)}, "X-Time": {stamp}},
		}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"base64":        mistake(1, now+body, now, base64.StdEncoding.EncodeToString, "written in base64, and hex is wanted"),
		"the body only": mistake(1, body, now, hex.EncodeToString, "over the body alone, without X-Time before it"),
		"a newline":     mistake(1, now+body+"\n", now, hex.EncodeToString, "a newline behind it"),
		"ahead":         mistake(1, "1700000400"+body, "1700000400", hex.EncodeToString, "sent by a clock that is 400 s ahead"),
		"a stranger":    mistake(2, now+body, now, hex.EncodeToString, ""),
		"no signature":  mistake(1, now+body, now, func([]byte) string { return "zz" }, ""),
	})
}
