package basic_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/basic"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			v := basic.Verifier{Username: "azure"}
			if len(secrets) > 0 {
				v.Password = secrets[0]
			}
			return v, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("Authorization", "Basic "+pair("azure", key.Reveal()))
		},
		Credential:   verifytest.Place{Header: "Authorization", Prefix: "Basic ", Encoding: verifytest.Base64},
		BodyUnsigned: true,
		OneSecret:    true,
	}
}

func pair(name, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, scheme()) }

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user  string
		value string
		want  error
	}{
		"the pair of RFC 7617":      {user: "Aladdin", value: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", want: nil},
		"the scheme in any case":    {user: "Aladdin", value: "bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", want: nil},
		"no user name":              {user: "", value: "Basic " + pair("", "open sesame"), want: nil},
		"nothing at all":            {user: "Aladdin", value: "", want: verify.ErrMissing},
		"another user":              {user: "Aladdin", value: "Basic " + pair("aladdin", "open sesame"), want: verify.ErrRejected},
		"the right password only":   {user: "Aladdin", value: "Basic " + pair("", "open sesame"), want: verify.ErrRejected},
		"a pair without a colon":    {user: "Aladdin", value: "Basic QWxhZGRpbg==", want: verify.ErrRejected},
		"base64 without padding":    {user: "Aladdin", value: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", want: verify.ErrRejected},
		"base64 with stray bits":    {user: "Aladdin", value: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==", want: verify.ErrRejected},
		"another scheme":            {user: "Aladdin", value: "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", want: verify.ErrRejected},
		"the scheme alone":          {user: "Aladdin", value: "Basic", want: verify.ErrRejected},
		"a pair that is not base64": {user: "Aladdin", value: "Basic Aladdin:open sesame", want: verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := basic.Verifier{Username: c.user, Password: secret.New("open sesame")}
			r := &webhook.Request{Header: http.Header{"Authorization": {c.value}}}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	password := secret.New("open sesame")
	verifytest.RunSettings(t, basic.Definition(), map[string]verifytest.Settings{
		"name and password": {Written: basic.Config{Username: "Aladdin", Password: password}},
		"password only":     {Written: basic.Config{Password: password}},
		"no password":       {Written: basic.Config{Username: "Aladdin"}, Fault: "password"},
		"an empty password": {Written: basic.Config{Username: "Aladdin", Password: secret.New("")}, Fault: "password"},
		"a colon in name":   {Written: basic.Config{Username: "Ala:ddin", Password: password}, Fault: "username"},
	})
}
