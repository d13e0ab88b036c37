package compat_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"net/http"
	"strconv"
	"testing"

	gitea "code.gitea.io/sdk/gitea"
	"github.com/PagerDuty/go-pagerduty/webhookv3"
	"github.com/buildkite/go-buildkite/v4"
	"github.com/bwmarrin/discordgo"
	bitbucketserver "github.com/go-playground/webhooks/v6/bitbucket-server"
	playgitea "github.com/go-playground/webhooks/v6/gitea"
	playgithub "github.com/go-playground/webhooks/v6/github"
	playgitlab "github.com/go-playground/webhooks/v6/gitlab"
	playgogs "github.com/go-playground/webhooks/v6/gogs"
	"github.com/google/go-github/v89/github"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/slack-go/slack"
	stripe "github.com/stripe/stripe-go/v85/webhook"
	twilio "github.com/twilio/twilio-go/client"

	"postern/pkg/webhook"
)

const (
	shared = "correct-horse-battery-staple"
	whsec  = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
	push   = `{"ref":"refs/heads/main","note":"wörld"}`
)

// libraries are the judges, by module and what they judge.
func libraries(t *testing.T) map[string]foreign {
	t.Helper()
	all := forges()
	maps.Copy(all, standard())
	maps.Copy(all, services())
	maps.Copy(all, twilios())
	all["discordgo"] = discord(t)
	all["sendgrid-go"] = sendgrid(t)
	return all
}

func sum(h func() hash.Hash, key string, parts ...string) []byte {
	mac := hmac.New(h, []byte(key))
	for _, part := range parts {
		_, _ = io.WriteString(mac, part)
	}
	return mac.Sum(nil)
}

// hexed signs the body with SHA-256, in hex behind a prefix.
func hexed(header, prefix string) func(*webhook.Request) {
	return func(r *webhook.Request) {
		r.Header.Set(header, prefix+hex.EncodeToString(sum(sha256.New, shared, string(r.Body))))
	}
}

func forges() map[string]foreign {
	return map[string]foreign{
		"go-github": {
			source: "github", secret: shared, request: arrives(asJSON, push), ours: hexed("X-Hub-Signature-256", "sha256="),
			accepts: goGitHub(shared),
		},
		"go-github, a form": {
			source: "github", secret: shared, request: arrives(asForm, "payload=%7B%22note%22%3A%22w%C3%B6rld%22%7D"),
			ours: hexed("X-Hub-Signature-256", "sha256="), accepts: goGitHub(shared),
		},
		"go-playground, github": {
			source: "github", secret: shared, request: arrives(asJSON, push, "X-GitHub-Event", "push"),
			ours: hexed("X-Hub-Signature-256", "sha256="),
			accepts: func(r *http.Request) error {
				hook, err := playgithub.New(playgithub.Options.Secret(shared))
				if err == nil {
					_, err = hook.Parse(r, playgithub.PushEvent)
				}
				return err
			},
		},
		"gitea's sdk": {
			source: "gitea", secret: shared, request: arrives(asJSON, push), ours: hexed("X-Gitea-Signature", ""),
			accepts: func(r *http.Request) error {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return err
				}
				ok, err := gitea.VerifyWebhookSignature(shared, r.Header.Get("X-Gitea-Signature"), body)
				if err != nil {
					return err
				}
				return refused(ok)
			},
		},
		"go-playground, gitea": {
			source: "gitea", secret: shared, request: arrives(asJSON, push, "X-Gitea-Event", "push"), ours: hexed("X-Gitea-Signature", ""),
			accepts: func(r *http.Request) error {
				hook, err := playgitea.New(playgitea.Options.Secret(shared))
				if err == nil {
					_, err = hook.Parse(r, playgitea.PushEvent)
				}
				return err
			},
		},
		"go-playground, gogs": {
			source: "gogs", secret: shared, request: arrives(asJSON, push, "X-Gogs-Event", "push"), ours: hexed("X-Gogs-Signature", ""),
			accepts: func(r *http.Request) error {
				hook, err := playgogs.New(playgogs.Options.Secret(shared))
				if err == nil {
					_, err = hook.Parse(r, playgogs.PushEvent)
				}
				return err
			},
		},
		"go-playground, bitbucket server": {
			source: "bitbucket_dc", secret: shared, request: arrives(asJSON, "{}", "X-Event-Key", "repo:refs_changed"),
			ours: hexed("X-Hub-Signature", "sha256="), accepts: playBitbucket,
		},
	}
}

func goGitHub(key string) func(*http.Request) error {
	return func(r *http.Request) error {
		_, err := github.ValidatePayload(r, []byte(key))
		return err
	}
}

func playBitbucket(r *http.Request) error {
	hook, err := bitbucketserver.New(bitbucketserver.Options.Secret(shared))
	if err == nil {
		_, err = hook.Parse(r, bitbucketserver.RepositoryReferenceChangedEvent)
	}
	return err
}

// playGitLab judges a plain token, which covers no body.
func playGitLab(r *http.Request) error {
	hook, err := playgitlab.New(playgitlab.Options.Secret(shared))
	if err == nil {
		_, err = hook.Parse(r, playgitlab.PushEvents)
	}
	return err
}

func services() map[string]foreign {
	return map[string]foreign{
		"stripe-go": {
			source: "stripe", secret: whsec, request: arrives(asJSON, `{"id":"evt_1","object":"event"}`),
			theirs: func(_ *testing.T, r *webhook.Request) {
				signed := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: r.Body, Secret: whsec, Timestamp: r.ReceivedAt})
				r.Header.Set("Stripe-Signature", signed.Header)
			},
			ours: func(r *webhook.Request) { // as when a secret is rotated: two signatures, the old one first
				stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
				of := func(key string) string {
					return ",v1=" + hex.EncodeToString(sum(sha256.New, key, stamp+".", string(r.Body)))
				}
				r.Header.Set("Stripe-Signature", "t="+stamp+of("whsec_old")+of(whsec)+",v0=00")
			},
			accepts: func(r *http.Request) error {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return err
				}
				return stripe.ValidatePayload(body, r.Header.Get("Stripe-Signature"), whsec)
			},
		},
		"slack-go": {
			source: "slack", secret: shared, request: arrives(asForm, "command=%2Fdeploy&text=w%C3%B6rld"),
			ours: func(r *webhook.Request) {
				stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
				r.Header.Set("X-Slack-Request-Timestamp", stamp)
				r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(sum(sha256.New, shared, "v0:"+stamp+":", string(r.Body))))
			},
			accepts: func(r *http.Request) error {
				v, err := slack.NewSecretsVerifier(r.Header, shared)
				if err != nil {
					return err
				}
				if _, err := io.Copy(&v, r.Body); err != nil {
					return err
				}
				return v.Ensure()
			},
		},
		"go-pagerduty": {
			source: "pagerduty", secret: shared, request: arrives(asJSON, push),
			ours: func(r *webhook.Request) { // two signatures while a secret is rotated
				of := func(key string) string { return "v1=" + hex.EncodeToString(sum(sha256.New, key, string(r.Body))) }
				r.Header.Set("X-PagerDuty-Signature", of("an-older-one")+","+of(shared))
			},
			accepts: func(r *http.Request) error { return webhookv3.VerifySignature(r, shared) },
		},
		"go-buildkite": {
			source: "buildkite", secret: shared, request: arrives(asJSON, push, "X-Buildkite-Event", "build.finished"),
			ours: func(r *webhook.Request) {
				stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
				r.Header.Set("X-Buildkite-Signature",
					"timestamp="+stamp+",signature="+hex.EncodeToString(sum(sha256.New, shared, stamp+".", string(r.Body))))
			},
			accepts: func(r *http.Request) error {
				_, err := buildkite.ValidatePayload(r, []byte(shared))
				return err
			},
		},
	}
}

func twilios() map[string]foreign {
	sign := func(r *webhook.Request, fields string) {
		r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(sum(sha1.New, shared, r.URL, fields)))
	}
	accepts := func(r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		v := twilio.NewRequestValidator(shared)
		return refused(v.ValidateBody(r.URL.String(), body, r.Header.Get("X-Twilio-Signature")))
	}
	hash := sha256.Sum256([]byte(push))
	return map[string]foreign{
		"twilio-go, a form": {
			source: "twilio", secret: shared, request: arrives(asForm, "To=%2B18005551212&From=%2B14158675309&Body=w%C3%B6rld"),
			ours:    func(r *webhook.Request) { sign(r, "Bodywörld"+"From+14158675309"+"To+18005551212") },
			accepts: accepts,
		},
		"twilio-go, JSON": {
			source: "twilio", secret: shared,
			request: func() *webhook.Request {
				r := arrives(asJSON, push)()
				r.RawQuery = "bodySHA256=" + hex.EncodeToString(hash[:])
				r.URL += "?" + r.RawQuery
				return r
			},
			ours: func(r *webhook.Request) { sign(r, "") }, accepts: accepts,
		},
	}
}

func discord(t *testing.T) foreign {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return foreign{
		source: "discord", settings: map[string]string{"public_key": hex.EncodeToString(public)}, request: arrives(asJSON, `{"type":1}`),
		ours: func(r *webhook.Request) {
			stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set("X-Signature-Timestamp", stamp)
			r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(private, append([]byte(stamp), r.Body...))))
		},
		accepts: func(r *http.Request) error { return refused(discordgo.VerifyInteraction(r, public)) },
	}
}

func sendgrid(t *testing.T) foreign {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	written := base64.StdEncoding.EncodeToString(der)
	const signature, stamp = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"
	return foreign{
		source: "sendgrid", settings: map[string]string{"public_key": written},
		request: arrives(asJSON, `[{"event":"delivered","sg_event_id":"1"}]`+"\r\n"), // the line break is signed, too
		ours: func(r *webhook.Request) {
			at := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			digest := sha256.Sum256(append([]byte(at), r.Body...))
			signed, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
			if err != nil {
				return // the verdicts tell
			}
			r.Header.Set(stamp, at)
			r.Header.Set(signature, base64.StdEncoding.EncodeToString(signed))
		},
		accepts: func(r *http.Request) error {
			public, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(written)
			if err != nil {
				return err
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil {
				return err
			}
			ok, err := eventwebhook.VerifySignature(public, body.Bytes(), r.Header.Get(signature), r.Header.Get(stamp))
			if err != nil {
				return err
			}
			return refused(ok)
		},
	}
}
