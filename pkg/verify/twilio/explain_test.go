package twilio_test

import (
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const auth, url = "the-auth-token-of-twilio", "https://hooks.example.com/hook?token=t0ken"
	mistake := func(key, signed, says string) verifytest.Mistake {
		v, err := build(secret.New(auth))
		if err != nil {
			t.Fatal(err)
		}
		return verifytest.Mistake{Verifier: v, Says: says, Hidden: []secret.Text{secret.New(auth), secret.New("t0ken")}, Request: &webhook.Request{
			Method: http.MethodPost, URL: url, RawQuery: "token=t0ken", Host: "internal:8080", Body: []byte("To=1"),
			Header: http.Header{"Content-Type": {urlencoded}, header: {sign(secret.New(key), signed+"To1")}, "X-Forwarded-Host": {"public.example.org"}},
		}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"http":               mistake(auth, "http://hooks.example.com/hook?token=t0ken", "signed for http://hooks.example.com/hook, http.base_url makes it https://hooks.example.com/hook"),
		"the Host that came": mistake(auth, "http://internal:8080/hook?token=t0ken", "signed for http://internal:8080/hook"),
		"the proxy's name":   mistake(auth, "https://public.example.org/hook?token=t0ken", "signed for https://public.example.org/hook"),
		"a slash at the end": mistake(auth, "https://hooks.example.com/hook/?token=t0ken", "signed for https://hooks.example.com/hook/"),
		"without the query":  mistake(auth, "https://hooks.example.com/hook", "signed for https://hooks.example.com/hook"),
		"a newline there":    mistake(auth+"\n", url, "a trailing newline at the sender"),
		"another host":       mistake(auth, "https://elsewhere.example/hook?token=t0ken", ""),
		"a stranger":         mistake("another-token-altogether", url, ""),
	})
}
