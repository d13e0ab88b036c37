package sns_test

import (
	"net/http"
	"testing"

	"postern/pkg/verify"
	"postern/pkg/verify/sns"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	mistake := func(body, says string, header ...string) verifytest.Mistake {
		r := &webhook.Request{Header: http.Header{}, Body: []byte(body)}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return verifytest.Mistake{Verifier: sns.New(verify.Keys{}), Request: r, Says: says}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a raw message":      mistake("hello", "raw message delivery is on", "X-Amz-Sns-Rawdelivery", "true", "X-Amz-Sns-Message-Type", "Notification"),
		"a changed one":      mistake("{}", "changed on its way", "X-Amz-Sns-Message-Type", "Notification"),
		"something else":     mistake("{}", "something else calls this endpoint"),
		"a forged signature": mistake(`{"Signature":"eA==","SignatureVersion":"1","Type":"x"}`, ""),
	})
}
