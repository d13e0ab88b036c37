package sns_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/sns"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const address = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"

func now() time.Time { return time.Unix(1_700_000_000, 0).UTC() }

// pair is a key of SNS and its certificate. 1024 bits are quick to sign with.
type pair struct {
	key         *rsa.PrivateKey
	certificate []byte
}

func certify(key crypto.Signer) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now().Add(-time.Hour), NotAfter: now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

var pairs = sync.OnceValue(func() map[string]pair {
	made := map[string]pair{}
	for _, name := range []string{"the key of SNS", "the key of a stranger"} {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		made[name] = pair{key, certify(key)}
	}
	return made
})

type message = map[string]string

func notification(text string) message {
	return message{
		"Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:builds",
		"Message": text, "Timestamp": "2023-11-14T22:13:20.000Z", "SignatureVersion": "2", "SigningCertURL": address,
	}
}

// sign is what SNS does, for the fields in this order.
func sign(name string, m message, fields ...string) string {
	var text strings.Builder
	for _, field := range fields {
		text.WriteString(field + "\n" + m[field] + "\n")
	}
	key, ok := pairs()[name]
	if !ok {
		return ""
	}
	algorithm, sum256, sum1 := crypto.SHA256, sha256.Sum256([]byte(text.String())), sha1.Sum([]byte(text.String()))
	sum := sum256[:]
	if m["SignatureVersion"] == "1" {
		algorithm, sum = crypto.SHA1, sum1[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, key.key, algorithm, sum)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// carrier is the header that stands for the Signature: the suite knows headers
// and query parameters only, so what it writes there is put into the body,
// whose own text becomes the Message.
const carrier = "X-Carrier"

type carried struct{ verify.Verifier }

func (c carried) Verify(ctx context.Context, r *webhook.Request) error {
	m := notification(string(r.Body))
	m["Signature"] = strings.Join(r.Header.Values(carrier), ",")
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.Verifier.Verify(ctx, &webhook.Request{Body: body, ReceivedAt: now()})
}

func (carried) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{carrier}}
}

// scheme has no secrets: those of the suite name the key that signs.
func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			if len(secrets) == 0 || secrets[0].Empty() {
				return nil, errors.New("secrets: the test names none")
			}
			return carried{sns.New(verify.Keys{Fetch: func(context.Context, string) ([]byte, error) {
				return pairs()[secrets[0].Reveal()].certificate, nil
			}})}, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set(carrier, sign(key.Reveal(), notification(string(r.Body)),
				"Message", "MessageId", "Timestamp", "TopicArn", "Type"))
		},
		Credential: verifytest.Place{Header: carrier, Encoding: verifytest.Base64},
		Secrets:    []secret.Text{secret.New("the key of SNS"), secret.New("the key of a stranger")},
		OneSecret:  true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func fetches(certificate []byte, err error) verify.Keys {
	return verify.Keys{Fetch: func(context.Context, string) ([]byte, error) { return certificate, err }}
}

// FuzzBody: a stranger's body is refused, whatever it is, and no address but
// one of SNS is ever asked.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"Type":"Notification","Signature":"AAAA","SignatureVersion":"1","SigningCertURL":"` + address + `",` +
		`"Message":"m","MessageId":"1","Timestamp":"t","TopicArn":"a"}`))
	f.Add([]byte(`{"Signature":1}`))
	f.Add([]byte("null"))
	v := sns.New(verify.Keys{Fetch: func(_ context.Context, url string) ([]byte, error) {
		if !sns.Own(url) || !strings.HasSuffix(url, ".pem") {
			panic("asked " + url)
		}
		return pairs()["the key of SNS"].certificate, nil
	}})
	f.Fuzz(func(t *testing.T, body []byte) {
		if v.Verify(t.Context(), &webhook.Request{Body: body, ReceivedAt: now()}) == nil {
			t.Errorf("%q was accepted, which nobody signed", body)
		}
	})
}

// TestMessages: each type and version, and what is refused although somebody
// signed it.
func TestMessages(t *testing.T) {
	t.Parallel()
	plain := []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}
	subject := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	confirm := []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	invitation := message{"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/", "Token": "23"}
	for name, c := range map[string]struct {
		change message
		fields []string
		want   error
	}{
		"a notification":            {nil, plain, nil},
		"with a subject":            {message{"Subject": "S"}, subject, nil},
		"of version 1":              {message{"SignatureVersion": "1"}, plain, nil},
		"from China":                {message{"SigningCertURL": "https://sns.cn-north-1.amazonaws.com.cn/a.pem"}, plain, nil},
		"a confirmation":            {invitation, confirm, nil},
		"the end of a subscription": {message{"Type": "UnsubscribeConfirmation", "SubscribeURL": "u", "Token": "23"}, confirm, nil},
		"a subject not signed":      {message{"Subject": "S"}, plain, verify.ErrRejected},
		"a confirmation in part":    {message{"Type": "SubscriptionConfirmation", "Token": "23"}, confirm, verify.ErrRejected},
		"another type":              {message{"Type": "Else"}, plain, verify.ErrRejected},
		"another version":           {message{"SignatureVersion": "3"}, plain, verify.ErrRejected},
		"a topic of two lines":      {message{"TopicArn": "a\nb"}, plain, verify.ErrRejected},
		"no topic":                  {message{"TopicArn": ""}, plain, verify.ErrRejected},
		"no signature":              {message{"Signature": ""}, plain, verify.ErrMissing},
		"a signature of no base64":  {message{"Signature": "!"}, plain, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := notification("text")
			maps.Copy(m, c.change)
			if _, written := c.change["Signature"]; !written {
				m["Signature"] = sign("the key of SNS", m, c.fields...)
			}
			body, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			v := sns.New(fetches(pairs()["the key of SNS"].certificate, nil))
			if err := v.Verify(t.Context(), &webhook.Request{Body: body, ReceivedAt: now()}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestCertificates: what stands in the way of a genuine message.
func TestCertificates(t *testing.T) {
	t.Parallel()
	good := pairs()["the key of SNS"].certificate
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys verify.Keys
		late time.Duration
		want error
	}{
		"good":                    {fetches(good, nil), 0, nil},
		"nothing may be fetched":  {verify.Keys{}, 0, verify.ErrUnavailable},
		"it cannot be fetched":    {fetches(nil, errors.New("timeout")), 0, verify.ErrUnavailable},
		"it is no PEM":            {fetches([]byte("<html>"), nil), 0, verify.ErrUnavailable},
		"it is another PEM":       {fetches(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE"}), nil), 0, verify.ErrUnavailable},
		"it has another key":      {fetches(certify(edwards), nil), 0, verify.ErrRejected},
		"it is a stranger's":      {fetches(pairs()["the key of a stranger"].certificate, nil), 0, verify.ErrRejected},
		"it has expired":          {fetches(good, nil), 2 * time.Hour, verify.ErrRejected},
		"it does not hold as yet": {fetches(good, nil), -2 * time.Hour, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := notification("text")
			m["Signature"] = sign("the key of SNS", m, "Message", "MessageId", "Timestamp", "TopicArn", "Type")
			body, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Body: body, ReceivedAt: now().Add(c.late)}
			if err := sns.New(c.keys).Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestAddresses: nothing is fetched from anybody else.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, other := range []string{
		"http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
		"https://evil.example/sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
		"https://evil@sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
		"https://sns.eu.west.amazonaws.com/a.pem", "https://xsns.eu-west-1.amazonaws.com/a.pem", "https://sns.us.amazonaws.com/a.pem",
		"https://sns.s3-us-west-2.amazonaws.com/a.pem", "https://sns.s3-accelerate.amazonaws.com/a.pem",
		"https://sns.eu-west-1.amazonaws.com/a.html", "https://sns.eu-west-1.amazonaws.com/?a.pem",
		"https://sns.eu-west-1.amazonaws.com/#a.pem", "https://sns.eu-west-1.amazonaws.com\n/a.pem", "a.pem", "",
	} {
		m := notification("text")
		m["SigningCertURL"] = other
		m["Signature"] = sign("the key of SNS", m, "Message", "MessageId", "Timestamp", "TopicArn", "Type")
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		v := sns.New(verify.Keys{Fetch: func(_ context.Context, url string) ([]byte, error) {
			t.Errorf("fetched %q", url)
			return nil, errors.New("no")
		}})
		if err := v.Verify(t.Context(), &webhook.Request{Body: body, ReceivedAt: now()}); !errors.Is(err, verify.ErrRejected) {
			t.Errorf("%q: got %v, want %v", other, err, verify.ErrRejected)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if got := sns.Definition().Name; got != "sns" {
		t.Errorf("got name %q, want sns", got)
	}
	verifytest.RunSettings(t, sns.Definition(), map[string]verifytest.Settings{"none": {Written: struct{}{}}})
}
