package httpsignature_test

import (
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	httpsignature "postern/pkg/verify/http_signature"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const key, body = "the-secret-of-drone", `{"a":1}`
	mistake := func(configured []string, with, signed string, late time.Duration, says string) verifytest.Mistake {
		keys := verify.Keys{}
		for _, text := range configured {
			keys.Secrets = append(keys.Secrets, secret.New(text))
		}
		v, err := httpsignature.New(httpsignature.Config{}, keys)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1_700_000_000, 0)
		r := &webhook.Request{Header: http.Header{}, Body: []byte(signed), ReceivedAt: now.Add(-late)}
		date, digest := dated(r)
		r.Header.Set("Signature", header(sign(secret.New(with), "date: "+date+"\ndigest: "+digest), "date digest"))
		r.Body, r.ReceivedAt = []byte(body), now
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: keys.Secrets}
	}
	one := []string{key}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a newline there":       mistake(one, key+"\n", body, 0, "a trailing newline at the sender"),
		"a newline here":        mistake([]string{key + "\n"}, key, body, 0, "configured with a trailing newline"),
		"another body":          mistake(one, key, body+"\n", 0, "a newline behind it"),
		"another body entirely": mistake(one, key, "other", 0, "it was changed on its way"),
		"ahead":                 mistake([]string{"the-new-one", key}, key, body, -time.Hour, "3600 s ahead of this one; signed with secret 2 of 2"),
		"a stranger":            mistake(one, "another-secret", body, 0, ""),
	})
}
