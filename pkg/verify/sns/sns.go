// Package sns is the scheme of Amazon SNS: RSA over the fields of the message,
// with the key of a certificate that the message names. It believes no address
// but one of SNS itself, where the certificate comes from by HTTPS. It proves
// that SNS sent a message, not whose topic it is: the topics that are taken
// are the source's to check. Raw deliveries are not signed, and refused.
package sns

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // version 1 of SNS's signatures, still its default
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Definition registers this scheme as "sns". It has no settings.
func Definition() verify.Definition {
	return verify.Define("sns", func(_ struct{}, keys verify.Keys) (Verifier, error) { return New(keys), nil })
}

// New makes the check of every topic of SNS.
func New(keys verify.Keys) Verifier { return Verifier{fetch: keys.Fetch} }

// Verifier checks the signatures of SNS. Without a way to fetch certificates
// it refuses everything.
type Verifier struct {
	fetch func(ctx context.Context, url string) ([]byte, error)
}

var _ verify.Verifier = Verifier{}

// host is that of SNS in a region. What stands in a region's place must look
// like one: sns.s3-us-west-2.amazonaws.com is the bucket of somebody.
var host = regexp.MustCompile(`^sns\.[a-z]{2,4}(-[a-z]+)+-[0-9]+\.amazonaws\.com(\.cn)?$`)

// Own reports whether an address is one of SNS itself, by HTTPS: a
// certificate's, or one that confirms a subscription.
func Own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && u.Host == u.Hostname() && host.MatchString(u.Host)
}

// Verify refuses what cannot be genuine before it fetches anything.
func (v Verifier) Verify(ctx context.Context, r *webhook.Request) error {
	m, err := read(r.Body)
	if err != nil {
		return err
	}
	signature, err := verify.Base64(m["Signature"])
	if err != nil {
		return verify.Reject("the Signature cannot be decoded")
	}
	text, err := m.signed()
	if err != nil {
		return err
	}
	address := m["SigningCertURL"]
	if !Own(address) || !strings.HasSuffix(address, ".pem") || strings.ContainsAny(address, "?#") {
		return verify.Reject("the SigningCertURL is not a certificate of SNS")
	}
	key, err := v.key(ctx, address, r.ReceivedAt)
	if err != nil {
		return err
	}
	algorithm, sum := digest(m["SignatureVersion"], text)
	if rsa.VerifyPKCS1v15(key, algorithm, sum, signature) != nil {
		return verify.Reject("the Signature does not match the message")
	}
	return nil
}

// digest hashes as the version says, which signed has seen to be 1 or 2.
func digest(version, text string) (crypto.Hash, []byte) {
	if version == "1" {
		sum := sha1.Sum([]byte(text)) //nolint:gosec // see the import
		return crypto.SHA1, sum[:]
	}
	sum := sha256.Sum256([]byte(text))
	return crypto.SHA256, sum[:]
}

// key gets the certificate's key. The chain is not looked at: SNS sends the
// last link alone, and it is HTTPS from a pinned host that vouches for it.
func (v Verifier) key(ctx context.Context, address string, now time.Time) (*rsa.PublicKey, error) {
	if v.fetch == nil {
		return nil, verify.Unavailable(errors.New("nothing may be fetched, so the certificate of SNS cannot be had"))
	}
	raw, err := v.fetch(ctx, address)
	if err != nil {
		return nil, verify.Unavailable(err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, verify.Unavailable(errors.New("what SNS gave is not a certificate in PEM"))
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, verify.Unavailable(errors.New("what SNS gave is not a certificate"))
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, verify.Reject("the certificate of SNS has no RSA key")
	}
	if now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return nil, verify.Reject("the certificate of SNS is not valid at this time")
	}
	return key, nil
}

// Credentials names nothing: the signature stands in the body, and lets nobody
// sign anything else.
func (Verifier) Credentials() verify.Credentials { return verify.Credentials{} }
