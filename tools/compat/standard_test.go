package compat_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"

	"postern/pkg/webhook"
)

func standard() map[string]foreign {
	const id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	sign := func(prefix string) func(*webhook.Request) {
		return func(r *webhook.Request) {
			key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(whsec, "whsec_"))
			stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set(prefix+"id", id)
			r.Header.Set(prefix+"timestamp", stamp)
			r.Header.Set(prefix+"signature", "v1,"+base64.StdEncoding.EncodeToString(sum(sha256.New, string(key), id+"."+stamp+".", string(r.Body))))
		}
	}
	library := foreign{
		source: "standard_webhooks", secret: whsec, request: arrives(asJSON, push), ours: sign("webhook-"),
		theirs: func(t *testing.T, r *webhook.Request) {
			wh, err := standardwebhooks.NewWebhook(whsec)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := wh.Sign(id, r.ReceivedAt, r.Body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("webhook-id", id)
			r.Header.Set("webhook-timestamp", strconv.FormatInt(r.ReceivedAt.Unix(), 10))
			r.Header.Set("webhook-signature", signature)
		},
		accepts: standardVerdict,
	}
	gitlab := library
	gitlab.source = "gitlab"
	branded := library
	branded.source, branded.ours, branded.accepts = "svix", sign("svix-"), svixVerdict
	branded.theirs = func(t *testing.T, r *webhook.Request) {
		wh, err := svix.NewWebhook(whsec)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := wh.Sign(id, r.ReceivedAt, r.Body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("svix-id", id)
		r.Header.Set("svix-timestamp", strconv.FormatInt(r.ReceivedAt.Unix(), 10))
		r.Header.Set("svix-signature", signature)
	}
	unbranded := library
	unbranded.accepts = svixVerdict
	return map[string]foreign{
		"standard-webhooks": library, "standard-webhooks, gitlab's signing token": gitlab,
		"svix": branded, "svix, unbranded": unbranded,
	}
}

func standardVerdict(r *http.Request) error {
	wh, err := standardwebhooks.NewWebhook(whsec)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	return wh.Verify(body, r.Header)
}

func svixVerdict(r *http.Request) error {
	wh, err := svix.NewWebhook(whsec)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	return wh.Verify(body, r.Header)
}
