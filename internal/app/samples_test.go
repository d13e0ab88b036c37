package app_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/internal/cli"
	"postern/pkg/source"
)

// party is a sender and the endpoint that trusts it, of one source.
type party struct {
	endpoint string   // what is written of the endpoint beside its source
	args     []string // of "postern send"
}

// parties are those of which a secret is not enough.
func parties(t *testing.T, secret string) map[string]party {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	theirs := party{"verify: {type: bearer, token: '" + secret + "'}", nil} // their key is their service's alone
	return map[string]party{
		"travis": theirs, "sns": theirs,
		"discord": {
			"public_key: " + hex.EncodeToString(public), []string{"--secret", hex.EncodeToString(private)},
		},
		"sendgrid": {
			"public_key: " + inBase64(t, x509.MarshalPKIXPublicKey, curve.Public()),
			[]string{"--secret", inBase64(t, x509.MarshalPKCS8PrivateKey, curve)},
		},
	}
}

func inBase64(t *testing.T, marshal func(any) ([]byte, error), key any) string {
	t.Helper()
	der, err := marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// samplesConfig has an endpoint for each source. A secret in base64 fits all.
func samplesConfig(t *testing.T, secret string, special map[string]party) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("redis: {url: '${REDIS}'}\nplugins:\n  acme.samples:\n    webhooks:\n")
	for _, d := range catalog.Sources() {
		s, err := d.Build(func(any) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		written := "verify: {type: bearer, token: '" + secret + "'}"
		if _, signs := s.(source.Signed); signs {
			written = "secrets: ['" + secret + "']"
		}
		if p, ok := special[d.Name]; ok {
			written = p.endpoint
		}
		fmt.Fprintf(&b, "      /%s: {source: %s, %s}\n", d.Name, d.Name, written)
	}
	return b.String()
}

// sent is what "postern send --json" prints.
type sent struct {
	Accepted, Duplicate bool
	Status              int
	Code                string
}

func sendSample(t *testing.T, args ...string) (sent, string) {
	t.Helper()
	var out, errors bytes.Buffer
	p := &cli.Program{
		Name: "postern", Args: append([]string{"send", "--json"}, args...), Stdout: &out, Stderr: &errors,
		Env: func(string) (string, bool) { return "", false },
	}
	code := p.Main(t.Context())
	var s sent
	if err := json.Unmarshal(out.Bytes(), &s); err != nil || (code == 0) != s.Accepted {
		t.Fatalf("%v: exit %d, %q, %q", args, code, out.String(), errors.String())
	}
	return s, out.String()
}

// TestEverySampleIsTaken posts every sample of every source to a running
// receiver: with the right secret it is taken, with another one it is not.
func TestEverySampleIsTaken(t *testing.T) {
	t.Parallel()
	const secret, another = "cG9zdGVybi1zYW1wbGUtc2VjcmV0", "YW5vdGhlci1zZWNyZXQtb2YtbWluZQ=="
	own, others := parties(t, secret), parties(t, another)
	h := newStormHouse(t, samplesConfig(t, secret, own))
	h.mustStart("receiver", "r")
	stranger := filepath.Join(h.dir, "stranger.yaml")
	text := strings.ReplaceAll(samplesConfig(t, another, others), "${REDIS}", h.redis.URL())
	if err := os.WriteFile(stranger, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range catalog.Sources() {
		samples, err := source.Samples(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			t.Run(d.Name+" "+s.Event, func(t *testing.T) {
				to := "http://" + h.running["r"].address + "/api/plugin/acme.samples/webhook/" + d.Name
				line := []string{d.Name, s.Event, "--webhook", "acme.samples/" + d.Name, "--url", to, "--config"}
				good := slices.Concat(line, []string{filepath.Join(h.dir, "postern.yaml")}, own[d.Name].args)
				for range 2 { // two are no duplicates
					if got, text := sendSample(t, good...); !got.Accepted || got.Duplicate {
						t.Errorf("got %s, want it taken", text)
					}
				}
				bad := slices.Concat(line, []string{stranger}, others[d.Name].args)
				if got, text := sendSample(t, bad...); !slices.Contains([]int{400, 401, 403}, got.Status) {
					t.Errorf("with another secret: got %s, want it refused", text)
				}
			})
		}
	}
}
