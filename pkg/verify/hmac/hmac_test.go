package hmac_test

import (
	stdhmac "crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// sum is HMAC written out, for what the sender does.
func sum(newHash func() hash.Hash, key secret.Text, message string) []byte {
	mac := stdhmac.New(newHash, []byte(key.Reveal()))
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

func verifier(s hmac.Scheme, tolerance time.Duration) func(...secret.Text) (verify.Verifier, error) {
	return func(secrets ...secret.Text) (verify.Verifier, error) {
		return s.Verifier(verify.Keys{Secrets: secrets, Tolerance: tolerance})
	}
}

// github signs the body alone.
func github() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256="}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sum(sha256.New, key, string(r.Body))))
		},
		Credential: verifytest.Place{Header: "X-Hub-Signature-256", Prefix: "sha256=", Encoding: verifytest.Hex},
	}
}

// vercel signs with SHA-1 and writes no prefix.
func vercel() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "x-vercel-signature", Algorithm: "sha1"}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Vercel-Signature", hex.EncodeToString(sum(sha1.New, key, string(r.Body))))
		},
		Credential: verifytest.Place{Header: "X-Vercel-Signature", Encoding: verifytest.Hex},
	}
}

// shopify writes base64.
func shopify() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "X-Shopify-Hmac-Sha256", Encoding: "base64"}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(sum(sha256.New, key, string(r.Body))))
		},
		Credential: verifytest.Place{Header: "X-Shopify-Hmac-Sha256", Encoding: verifytest.Base64},
	}
}

// slack signs a timestamp too.
func slack() verifytest.Scheme {
	const stamp = "X-Slack-Request-Timestamp"
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{
			Header: "X-Slack-Signature", Prefix: "v0=", Signed: "v0:{timestamp}:{body}", TimestampHeader: stamp,
		}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			seconds := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set(stamp, seconds)
			r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(sum(sha256.New, key, "v0:"+seconds+":"+string(r.Body))))
		},
		Credential:    verifytest.Place{Header: "X-Slack-Signature", Prefix: "v0=", Encoding: verifytest.Hex},
		SignedHeaders: []string{stamp},
		Tolerance:     verify.DefaultTolerance,
	}
}

// everything has every part at once: SHA-512, base64, an id and milliseconds.
func everything() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{
			Header: "X-Sig", Algorithm: "sha512", Encoding: "base64", Prefix: "v9,",
			Signed: "{header:x-id}.{timestamp}.{body}}.", TimestampHeader: "X-Time",
		}, time.Minute),
		Sign: func(r *webhook.Request, key secret.Text) {
			millis := strconv.FormatInt(r.ReceivedAt.UnixMilli(), 10)
			r.Header.Set("X-Id", "msg_1")
			r.Header.Set("X-Time", millis)
			mac := sum(sha512.New, key, "msg_1."+millis+"."+string(r.Body)+"}.")
			r.Header.Set("X-Sig", "v9,"+base64.StdEncoding.EncodeToString(mac))
		},
		Credential:    verifytest.Place{Header: "X-Sig", Prefix: "v9,", Encoding: verifytest.Base64},
		SignedHeaders: []string{"X-Id", "X-Time"},
		Tolerance:     time.Minute,
		SignsAnew:     true, // the Signer counts seconds
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, scheme := range map[string]verifytest.Scheme{
		"hex with a prefix": github(), "SHA-1 without one": vercel(), "base64": shopify(),
		"a timestamp": slack(), "everything at once": everything(),
		"a list": pagerDuty(), "a list with a timestamp": stripe(), "a list with spaces": listed(),
		"encoded secrets": standardWebhooks(), "encoded secrets without a prefix": teams(),
		"a field of a form": gitea(), "another body with a form's field": giteaJSON(), "method and address": addressed(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, scheme)
		})
	}
}

func FuzzHex(f *testing.F)       { verifytest.Fuzz(f, github()) }
func FuzzBase64(f *testing.F)    { verifytest.Fuzz(f, shopify()) }
func FuzzTimestamp(f *testing.F) { verifytest.Fuzz(f, slack()) }

// FuzzScheme: any row is either an error or a verifier that neither panics nor
// accepts what nobody signed.
func FuzzScheme(f *testing.F) {
	f.Add("X-Sig", "sha256=", "v0:{timestamp}:{body}", "X-Time", "sha256=00")
	f.Add("X-Sig", "", "{header:X-Id}{body}", "", "")
	f.Add("X-Sig", "", "{", "", "\x00")
	f.Add("X-Sig", "", "{body}{timestamp}", "", "00")
	f.Add("", "", "{}{header:}{body}", "X-Time", "00")
	f.Fuzz(func(t *testing.T, header, prefix, signed, timestamp, value string) {
		s := hmac.Scheme{Header: header, Prefix: prefix, Signed: signed, TimestampHeader: timestamp}
		v, err := s.Verifier(verify.Keys{Secrets: []secret.Text{secret.New("correct-horse-battery-staple")}})
		if err != nil {
			if v != nil {
				t.Errorf("got a verifier and error %v, want one of them", err)
			}
			return
		}
		r := &webhook.Request{Header: map[string][]string{}, Body: []byte(value)}
		r.Header.Set(header, value)
		if v.Verify(t.Context(), r) == nil {
			t.Errorf("the row %+v accepted %q, which nobody signed", s, value)
		}
	})
}
