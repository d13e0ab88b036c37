package verify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// doorbell is the scheme of an imaginary doorbell: it seals the body with a
// shared secret, in base32, which the declarative hmac scheme does not know.
type doorbell struct {
	header  string
	secrets []secret.Text
}

// doorbellConfig is what an operator writes: verify: {type: doorbell, header: X-Seal}.
type doorbellConfig struct {
	Header string `yaml:"header"`
}

// newDoorbell checks the settings once, so that Verify never has to. An error
// begins with the key at fault.
func newDoorbell(c doorbellConfig, keys verify.Keys) (*doorbell, error) {
	if c.Header == "" {
		return nil, errors.New("header: must be named")
	}
	if len(keys.Secrets) == 0 {
		return nil, errors.New("secrets: none is set")
	}
	return &doorbell{header: c.Header, secrets: keys.Secrets}, nil
}

// Verify reads the raw bytes, tries every secret and compares in constant time.
func (d *doorbell) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, d.header) // missing, empty or given twice is its answer already
	if err != nil {
		return err
	}
	given, err := base32.StdEncoding.DecodeString(value)
	if err != nil {
		return verify.Reject("the seal is not base32")
	}
	genuine := false
	for _, s := range d.secrets {
		if hmac.Equal(given, seal(s, r.Body)) {
			genuine = true // and on, so that the time taken tells nothing
		}
	}
	if !genuine {
		return verify.Reject("the seal matches no secret")
	}
	return nil
}

// Explain is optional. It tells the operator, and never the caller, of the
// common mistakes: here those that can be made with any secret or body.
func (d *doorbell) Explain(r *webhook.Request, _ error) string {
	given, err := base32.StdEncoding.DecodeString(r.Header.Get(d.header))
	if err != nil || len(given) == 0 {
		return ""
	}
	trial := verify.Trial{Secrets: d.secrets, Request: r, Match: func(key secret.Text, body []byte) bool {
		return hmac.Equal(given, seal(key, body))
	}}
	says, _ := trial.Find()
	return says
}

// Credentials are never stored or logged.
func (d *doorbell) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{d.header}}
}

func seal(key secret.Text, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(body)
	return mac.Sum(nil)
}

// Example writes a scheme. In a plugin the Definition goes into
// plugin.Plugin.Schemes; its test is one call of verifytest.Run.
func Example() {
	definition := verify.Define("doorbell", newDoorbell)

	// The config does this: it decodes the operator's words and adds the
	// endpoint's secrets.
	settings := func(into any) error {
		*into.(*doorbellConfig) = doorbellConfig{Header: "X-Seal"}
		return nil
	}
	key := secret.New("ding dong")
	v, err := definition.Build(settings, verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		fmt.Println(err)
		return
	}

	r := &webhook.Request{Header: http.Header{}, Body: []byte(`{"pressed":true}`)}
	ctx := context.Background()
	fmt.Println("not sealed:", v.Verify(ctx, r))

	r.Header.Set("X-Seal", base32.StdEncoding.EncodeToString(seal(key, r.Body)))
	fmt.Println("sealed:", v.Verify(ctx, r))

	r.Body = []byte(`{"pressed":false}`)
	err = v.Verify(ctx, r)
	fmt.Println("changed:", err)
	fmt.Println("is it a wrong seal?", errors.Is(err, verify.ErrRejected))

	// The sender wrote its secret with "echo", and not with "echo -n".
	r.Header.Set("X-Seal", base32.StdEncoding.EncodeToString(seal(secret.New("ding dong\n"), r.Body)))
	fmt.Println("explained:", v.(verify.Explainer).Explain(r, v.Verify(ctx, r)))

	_, err = definition.Build(settings, verify.Keys{})
	fmt.Println("without a secret:", err)
	// Output:
	// not sealed: the X-Seal header is missing
	// sealed: <nil>
	// changed: the seal matches no secret
	// is it a wrong seal? true
	// explained: the secret has a trailing newline at the sender: enter it there again without
	// without a secret: secrets: none is set
}
