package compat_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/catalog"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// vectors.json holds signed requests that were computed apart from this code,
// or published by the service itself.
const vectors = "testdata/vectors.json"

// signedAt is when the vectors were signed, where a time is signed.
const signedAt = 1_700_000_000

type vector struct {
	Provider    string            `json:"provider"`
	Secret      string            `json:"secret"`
	ContentType string            `json:"content_type"`
	Headers     map[string]string `json:"headers"`
	Body        string            `json:"body"`
}

func (v vector) request(address string) *webhook.Request {
	r := payload{body: []byte(v.Body)}.request()
	r.ReceivedAt = time.Unix(signedAt, 0)
	r.Header.Set("Content-Type", v.ContentType)
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	if u, err := url.Parse(address); err == nil && address != "" {
		r.URL, r.RawQuery = address, u.RawQuery
	}
	return r
}

// reading is how a vector is put before our sources.
type reading struct {
	sources  []string // several where the same bytes are several services'
	settings map[string]string
	public   bool // the vector's secret is a public key, and in the settings
	url      string
}

// readings are those of the vectors whose name is not simply a source's.
func readings(v vector) reading {
	switch v.Provider {
	case "github-form":
		return reading{sources: []string{"github"}}
	case "npm-hooks":
		return reading{sources: []string{"npm"}}
	case "gitea-form", "gitea-json":
		return reading{sources: []string{"gitea"}}
	case "bitbucket/jira":
		return reading{sources: []string{"bitbucket", "bitbucket_dc", "jira"}}
	case "gitlab-signing/standard-webhooks":
		return reading{sources: []string{"gitlab", "standard_webhooks"}}
	case "grafana-ts":
		return reading{sources: []string{"grafana"}, settings: map[string]string{"timestamp_header": "X-Grafana-Alerting-Timestamp"}}
	case "teams-outgoing":
		return reading{sources: []string{"teams"}}
	case "twilio":
		return reading{sources: []string{"twilio"}, url: "https://mycompany.com/myapp.php?foo=1&bar=2"}
	case "discord":
		return reading{sources: []string{"discord"}, settings: map[string]string{"public_key": v.Secret}, public: true}
	default:
		return reading{sources: []string{v.Provider}}
	}
}

// apart are the vectors that no source takes as they are, and why.
func apart() map[string]string {
	return map[string]string{
		"zoom-crc": "it is a handshake whose signature was not noted, and it gets one here",
	}
}

// incomplete are the vectors with a good signature over a body that lacks what
// else a source demands, and what it is that they are refused for: it is looked
// at only once the signature is proved.
func incomplete() map[string]string {
	return map[string]string{"linear": "webhookTimestamp"}
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	var all []vector
	if err := json.Unmarshal(readFile(t, vectors), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 28 {
		t.Fatalf("%d vectors, want 28", len(all))
	}
	return all
}

func TestVectors(t *testing.T) {
	t.Parallel()
	var checked int
	for _, v := range readVectors(t) {
		if apart()[v.Provider] != "" {
			continue
		}
		for _, name := range readings(v).sources {
			checked++
			t.Run(v.Provider+" as "+name, func(t *testing.T) {
				t.Parallel()
				v.check(t, name)
			})
		}
	}
	t.Logf("%d checks; set apart: %v", checked, slices.Sorted(maps.Keys(apart())))
}

func (v vector) check(t *testing.T, name string) {
	t.Helper()
	how := readings(v)
	var keys verify.Keys
	if !how.public {
		keys.Secrets = []secret.Text{secret.New("an-older-secret"), secret.New(v.Secret)}
	}
	if strings.HasPrefix(v.Secret, "whsec_") || name == "teams" { // these take secrets of one form only
		keys.Secrets = keys.Secrets[1:]
	}
	v.held(t, verification(t, name, how.settings, keys), how.url)
}

// held checks the vector as it is, with another body and without its headers.
func (v vector) held(t *testing.T, check verify.Verifier, address string) {
	t.Helper()
	r := v.request(address)
	err := check.Verify(t.Context(), r)
	lacks, partly := incomplete()[v.Provider]
	switch {
	case partly && (err == nil || !strings.Contains(err.Error(), lacks)):
		t.Errorf("as it was sent: got %v, want it refused for want of %s", err, lacks)
	case !partly && err != nil:
		t.Errorf("as it was sent: %v", err)
	}
	changed := *r
	changed.Body = append(bytes.Clone(r.Body), '1')
	if err := check.Verify(t.Context(), &changed); !errors.Is(err, verify.ErrRejected) || partly && strings.Contains(err.Error(), lacks) {
		t.Errorf("with another body: got %v, want %v for its signature", err, verify.ErrRejected)
	}
	bare := *r
	bare.Header = http.Header{"Content-Type": {cmp.Or(v.ContentType, "application/json")}}
	if err := check.Verify(t.Context(), &bare); !errors.Is(err, verify.ErrMissing) {
		t.Errorf("without its headers: got %v, want %v", err, verify.ErrMissing)
	}
}

// TestVectorsApart: those that no source takes are checked in another way.
func TestVectorsApart(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t) {
		if v.Provider == "zoom-crc" {
			v.shakesHands(t)
		}
	}
}

// scheme makes the verifier of a scheme of the catalog.
func scheme(t *testing.T, name string, settings map[string]string, secrets ...string) verify.Verifier {
	t.Helper()
	var keys verify.Keys
	for _, s := range secrets {
		keys.Secrets = append(keys.Secrets, secret.New(s))
	}
	for _, d := range catalog.Schemes() {
		if d.Name != name {
			continue
		}
		check, err := d.Build(fill(settings), keys)
		if err != nil {
			t.Fatalf("build the scheme %s: %v", name, err)
		}
		return check
	}
	t.Fatalf("there is no scheme %s", name)
	return nil
}

// shakesHands: Zoom sends a token, and wants it back with its HMAC.
func (v vector) shakesHands(t *testing.T) {
	t.Helper()
	s, _ := sourceNamed(t, "zoom")
	keys := verify.Keys{Secrets: []secret.Text{secret.New(v.Secret)}}
	check, err := s.(source.Signed).Verification(keys)
	if err != nil {
		t.Fatal(err)
	}
	r := v.request("")
	if err := verify.SignAs(check, r, r.ReceivedAt); err != nil {
		t.Fatal(err)
	}
	const want = "82079ed66225fed153e0854735aa9702e1d67137a69c96a00957941f942b8de7"
	answer, asked := handshake(t, s, r, keys)
	if !asked || !strings.Contains(string(answer.Body), want) {
		t.Errorf("the handshake is answered with %q, want %s in it", answer.Body, want)
	}
}

// handshake asks a source in whichever way it shakes hands: with the keys of
// its endpoint, or with the request alone.
func handshake(t *testing.T, s source.Source, r *webhook.Request, keys verify.Keys) (webhook.Response, bool) {
	t.Helper()
	keyed, ok := s.(interface {
		Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error)
	})
	if !ok {
		return s.(source.Challenger).Challenge(r)
	}
	answer, asked, err := keyed.Handshake(t.Context(), r, keys)
	if err != nil {
		t.Error(err)
	}
	return answer, asked
}
