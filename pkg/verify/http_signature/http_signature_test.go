package httpsignature_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	httpsignature "postern/pkg/verify/http_signature"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func sign(key secret.Text, message string) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(message))
	return encode(mac.Sum(nil))
}

func header(signature, headers string) string {
	return `keyId="hmac-key",algorithm="hmac-sha256",signature="` + signature + `",headers="` + headers + `"`
}

func dated(r *webhook.Request) (date, digest string) {
	sum := sha256.Sum256(r.Body)
	date, digest = r.ReceivedAt.UTC().Format(http.TimeFormat), "SHA-256="+encode(sum[:])
	r.Header.Set("Date", date)
	r.Header.Set("Digest", digest)
	return date, digest
}

func drone() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return httpsignature.Definition().Build(func(any) error { return nil }, verify.Keys{Secrets: secrets})
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			date, digest := dated(r)
			r.Header.Set("Signature", header(sign(key, "date: "+date+"\ndigest: "+digest), "date digest"))
		},
		Credential: verifytest.Place{
			Header: "Signature", Encoding: verifytest.Base64,
			Cut: func(value string) (before, credential, after string) {
				begin := strings.Index(value, `signature="`) + len(`signature="`)
				end := begin + strings.Index(value[begin:], `"`)
				return value[:begin], value[begin:end], value[end:]
			},
		},
		SignedHeaders: []string{"Date", "Digest"},
		Tolerance:     verify.DefaultTolerance,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, drone())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, drone()) }

// TestVector is a request that was signed apart from this code.
func TestVector(t *testing.T) {
	t.Parallel()
	v, err := httpsignature.New(httpsignature.Config{}, verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{Header: http.Header{}, Body: []byte(`{"hello":"wörld"}`), ReceivedAt: time.Unix(1_700_000_000, 0)}
	r.Header.Set("Date", "Tue, 14 Nov 2023 22:13:20 GMT")
	r.Header.Set("Digest", "SHA-256=Ff6TbVpcSlZMjckAIoAAkmPAzAvQ8o4WZSUpqfg7LSM=")
	r.Header.Set("Signature", header("kNm03nB5X6XB4rOAx5oxp0QQH8s186FfbTjDYfBzMns=", "date digest"))
	if err := v.Verify(t.Context(), r); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

// TestSignatures: signatures that are right and may still prove too little.
func TestSignatures(t *testing.T) {
	t.Parallel()
	key := secret.New("correct-horse")
	for name, c := range map[string]struct {
		signed, value string // DATE, DIGEST and SIGNATURE stand for those
		want          error
	}{
		"date and digest":         {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "date digest"), nil},
		"in capitals":             {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "Date Digest"), nil},
		"a header more":           {"digest: DIGEST\nx-id: 7\ndate: DATE", header("SIGNATURE", "digest x-id date"), nil},
		"spaces behind commas":    {"date: DATE\ndigest: DIGEST", strings.ReplaceAll(header("SIGNATURE", "date digest"), ",", ", "), nil},
		"the date alone":          {"date: DATE", header("SIGNATURE", "date"), verify.ErrRejected},
		"the digest alone":        {"digest: DIGEST", header("SIGNATURE", "digest"), verify.ErrRejected},
		"no list of headers":      {"date: DATE", `algorithm="hmac-sha256",signature="SIGNATURE"`, verify.ErrRejected},
		"another order":           {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "digest date"), verify.ErrRejected},
		"a header not there":      {"date: DATE\ndigest: DIGEST\nx-no: ", header("SIGNATURE", "date digest x-no"), verify.ErrMissing},
		"what is no header":       {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "date digest (created)"), verify.ErrRejected},
		"another algorithm":       {"date: DATE\ndigest: DIGEST", strings.Replace(header("SIGNATURE", "date digest"), "hmac-sha256", "rsa-sha256", 1), verify.ErrRejected},
		"two signatures":          {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "date digest") + `,signature="SIGNATURE"`, verify.ErrRejected},
		"a quote that stays open": {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "date digest") + `,x="`, verify.ErrRejected},
		"a comma at the end":      {"date: DATE\ndigest: DIGEST", header("SIGNATURE", "date digest") + `,`, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := httpsignature.New(httpsignature.Config{}, verify.Keys{Secrets: []secret.Text{key}})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{"X-Id": {"7"}}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
			date, digest := dated(r)
			signed := strings.NewReplacer("DATE", date, "DIGEST", digest).Replace(c.signed)
			r.Header.Set("Signature", strings.ReplaceAll(c.value, "SIGNATURE", sign(key, signed)))
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	one := []secret.Text{secret.New("s")}
	verifytest.RunSettings(t, httpsignature.Definition(), map[string]verifytest.Settings{
		"its own secret": {Written: httpsignature.Config{Secrets: one}},
		"the endpoint's": {Written: httpsignature.Config{}, Keys: verify.Keys{Secrets: one}},
		"no secret":      {Written: httpsignature.Config{}, Fault: "secrets"},
	})
}

// TestAHeaderIsSignedOnce is about what a stranger can make us write: headers
// named again and again would be a message of half a gigabyte.
func TestAHeaderIsSignedOnce(t *testing.T) {
	t.Parallel()
	key := secret.New("test-secret")
	v, err := httpsignature.New(httpsignature.Config{}, verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{Header: http.Header{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
	date, digest := dated(r)
	message := "date: " + date + "\ndigest: " + digest + "\ndate: " + date
	r.Header.Set("Signature", header(sign(key, message), "date digest Date"))
	if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
		t.Errorf("a header that is signed twice: got %v, want a rejection", err)
	}
	r.Header.Set("X", strings.Repeat("x", 30<<10))
	r.Header.Set("Signature", header(sign(key, ""), "date digest"+strings.Repeat(" x", 15<<10)))
	if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) {
		t.Errorf("a header that is signed many times: got %v, want a rejection", err)
	}
}
