package rejections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Bounds on the search for the endpoint that a request was meant for.
const (
	mostOthers = 64
	mostHashed = 16 << 20 // bytes, over all of them
)

// explainSafely is explain, less the panics of a plugin's code.
func (k *Keeper) explainSafely(ctx context.Context, r Refusal) (says string) {
	defer func() {
		if recover() != nil {
			says = ""
		}
	}()
	return k.explain(ctx, r)
}

// explain gives the cause of a refusal; empty: its error says all there is.
func (k *Keeper) explain(ctx context.Context, r Refusal) string {
	if r.Endpoint == nil {
		return k.nowhere(r.Path)
	}
	foreign := func(r Refusal) string { return k.foreign(ctx, r) }
	another := func(r Refusal) string { return k.another(ctx, r) }
	switch r.Code {
	case job.Handshake:
		return "the sender handed over the secret that it signs with from now on: write it into the endpoint's secrets"
	case "ip_not_allowed":
		return address(r.Request)
	case "body_too_large":
		return fmt.Sprintf("the body is longer than the %d bytes of max_body", r.Endpoint.MaxBody)
	case "invalid_payload":
		return first(foreign, mislabelled)(r)
	case "signature_missing":
		return first(foreign, another, own, unkeyed)(r)
	case "signature_mismatch":
		if passes(ctx, r.Endpoint.Verifier, r.Request) {
			return foreign(r) // the credentials are right: what came behind the check refused
		}
		return first(foreign, own, another, unexplained)(r)
	case "timestamp_out_of_range":
		return own(r)
	case "secret_not_configured":
		return first(foreign, own, another, unkeyed, unexplained)(r)
	default:
		return ""
	}
}

// first gives what the first says that says something.
func first(all ...func(Refusal) string) func(Refusal) string {
	return func(r Refusal) string {
		for _, explain := range all {
			if says := explain(r); says != "" {
				return says
			}
		}
		return ""
	}
}

// own asks the check that refused.
func own(r Refusal) string {
	e, ok := r.Endpoint.Verifier.(verify.Explainer)
	if !ok || !r.Whole && !errors.Is(r.Cause, verify.ErrMissing) {
		return "" // without the body any signature is wrong
	}
	return e.Explain(r.Request, r.Cause)
}

// unkeyed is said where the secret comes with a handshake and is not here yet.
func unkeyed(r Refusal) string {
	if _, ok := r.Endpoint.Source.(source.Entruster); !ok || !errors.Is(r.Cause, verify.ErrNotConfigured) {
		return ""
	}
	return "no secret is set: write what the handshake entrusted to us (the row with the code handshake) into the endpoint's secrets"
}

// unexplained is the end of the search.
func unexplained(r Refusal) string {
	_, tried := r.Endpoint.Verifier.(verify.Explainer)
	switch {
	case !tried || !errors.Is(r.Cause, verify.ErrRejected):
		return ""
	case !r.Whole:
		return fmt.Sprintf("%v; the body was too large, or too many came, to try the common mistakes on it", r.Cause)
	case strings.Contains(r.Cause.Error(), "signature"):
		return fmt.Sprintf("%v; no common mistake explains it: it is another secret, or the body was changed on its way", r.Cause)
	default:
		return fmt.Sprintf("%v; no common mistake explains it", r.Cause)
	}
}

// foreign tells a request of one service at the endpoint of another.
func (k *Keeper) foreign(ctx context.Context, r Refusal) string {
	name, mark := k.looksLike(r)
	if name == "" {
		return ""
	}
	says := fmt.Sprintf("this is a %s request (%s is there), and the source of this endpoint is %s", name, mark, r.Endpoint.SourceName)
	if other := k.another(ctx, r); other != "" {
		says += "; " + other
	}
	return says
}

// looksLike names the source whose marks a request carries, all of them and
// more than anybody else's: a service also sends the headers of those that it
// imitates. Nothing where that is the endpoint's own source, or where the
// endpoint is for anybody.
func (k *Keeper) looksLike(r Refusal) (name, mark string) {
	if r.Endpoint.SourceName == "generic" {
		return "", ""
	}
	most, tied := k.carried(r.Request, r.Endpoint.SourceName), false
	for source, marks := range k.opt.Marks {
		n := k.carried(r.Request, source)
		switch {
		case source == r.Endpoint.SourceName, n == 0, n < most:
		case n == most:
			tied = true
		default:
			name, mark, most, tied = source, marks[len(marks)-1], n, false
		}
	}
	if tied {
		return "", ""
	}
	return name, mark
}

// carried counts a source's marks on a request; it must carry all of them.
func (k *Keeper) carried(r *webhook.Request, source string) int {
	marks := k.opt.Marks[source]
	if slices.ContainsFunc(marks, func(mark string) bool { return r.Header.Get(mark) == "" }) {
		return 0
	}
	return len(marks)
}

// another finds the endpoint whose secret proves a request. Where endpoints
// share a secret, a proof that holds here too is no other's: something else is
// wrong.
func (k *Keeper) another(ctx context.Context, r Refusal) string {
	if !r.Whole {
		return ""
	}
	ended, cancel := context.WithCancel(ctx)
	cancel() // nobody fetches a key for this
	proved := proven(ended, r)
	tries := min(mostOthers, mostHashed/(len(r.Request.Body)+1))
	for _, e := range k.opt.Endpoints() {
		if e == r.Endpoint || e.Disabled || tries <= 0 || !carries(r.Request, e.Verifier.Credentials(), proved) {
			continue
		}
		tries--
		if proves(ended, e, r.Request) {
			return fmt.Sprintf("signed with the secret of %s %s: the sender calls the wrong endpoint, or the secrets are mixed up", e.Plugin, e.Path)
		}
	}
	return ""
}

// proves asks one endpoint's check. A time that is off is off everywhere.
func proves(ctx context.Context, e *routing.Endpoint, r *webhook.Request) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	err := e.Verify(ctx, r)
	return err == nil || errors.Is(err, verify.ErrOutOfRange)
}

// passes asks a check as proves does.
func passes(ctx context.Context, check verify.Verifier, r *webhook.Request) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ended, cancel := context.WithCancel(ctx)
	cancel() // nobody fetches a key for this
	return check.Verify(ended, r) == nil
}

// proven names what of a refused request one of several checks took.
func proven(ctx context.Context, r Refusal) verify.Credentials {
	var proved verify.Credentials
	several, ok := r.Endpoint.Verifier.(interface{ Checks() []verify.Verifier })
	if !ok {
		return proved
	}
	for _, check := range several.Checks() {
		if passes(ctx, check, r.Request) {
			c := check.Credentials()
			proved.Headers, proved.Query = append(proved.Headers, c.Headers...), append(proved.Query, c.Query...)
		}
	}
	return proved
}

// carries reports whether a request holds what a check looks at, beside what is
// proved already. A check that looks at nothing proves nothing.
func carries(r *webhook.Request, c, proved verify.Credentials) bool {
	query := r.Query()
	return slices.ContainsFunc(c.Headers, func(name string) bool {
		same := func(other string) bool { return strings.EqualFold(other, name) }
		return r.Header.Get(name) != "" && !slices.ContainsFunc(proved.Headers, same)
	}) || slices.ContainsFunc(c.Query, func(name string) bool {
		return query.Has(name) && !slices.Contains(proved.Query, name)
	})
}

// address says whom allow_ips saw.
func address(r *webhook.Request) string {
	ip := r.RemoteIP.String()
	says := ip + " is not in allow_ips"
	if hops := r.Header.Values("X-Forwarded-For"); len(hops) > 0 && !strings.Contains(strings.Join(hops, ","), ip) {
		says += "; the request carries X-Forwarded-For: if " + ip + " is your proxy, name it in http.trusted_proxies"
	}
	return says
}

// mislabelled tells a body that is not of the kind that its sender declares.
func mislabelled(refused Refusal) string {
	r := refused.Request
	body := bytes.TrimSpace(r.Body)
	json := bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("["))
	switch {
	case r.IsForm() && json:
		return "the body looks like JSON, and its Content-Type says that it is a form"
	case !r.IsForm() && bytes.HasPrefix(body, []byte("payload=")):
		return "the body looks like a form, and its Content-Type does not say so"
	default:
		return ""
	}
}
