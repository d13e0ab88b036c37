package linear

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// sentAt is when Linear sent a delivery, in milliseconds: a member of the body,
// and signed with it. The Linear-Timestamp header says the same and is not.
const sentAt = "webhookTimestamp"

// Verification checks Linear-Signature over the raw body, and the time that
// stands in it.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "Linear-Signature"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return Verifier{v, keys.Tolerance}, nil
}

// Verifier checks the signature, and the time of sending once that is proved.
type Verifier struct {
	*hmac.Verifier
	tolerance time.Duration // 0: the default
}

var (
	_ verify.Verifier  = Verifier{}
	_ verify.Explainer = Verifier{}
	_ verify.Signer    = Verifier{}
)

// Verify reads the body for its time only after the signature matched. A
// genuine body without one is rejected: it could be sent again for ever.
func (v Verifier) Verify(ctx context.Context, r *webhook.Request) error {
	if err := v.Verifier.Verify(ctx, r); err != nil {
		return err
	}
	sent, err := sentIn(r)
	if err != nil {
		return err
	}
	return verify.Fresh(sent, r, v.tolerance)
}

func sentIn(r *webhook.Request) (time.Time, error) {
	body, err := webhook.DecodeJSON(r.Body)
	if err != nil {
		return time.Time{}, verify.Reject("the body is not JSON, so it holds no " + sentAt)
	}
	o, _ := body.(map[string]any)
	ms, ok := o[sentAt].(int64)
	if !ok {
		return time.Time{}, verify.Reject("the body holds no " + sentAt)
	}
	return time.UnixMilli(ms), nil
}

// Explain says of a right signature how old it is, of a wrong one what its
// scheme knows.
func (v Verifier) Explain(r *webhook.Request, err error) string {
	if v.Verifier.Verify(context.Background(), r) != nil { // it fetches nothing
		return v.Verifier.Explain(r, err)
	}
	sent, err := sentIn(r)
	if err != nil {
		return "the signature is right, and no " + sentAt + " is signed with it: something else than Linear has the secret"
	}
	return verify.Skewed(sent, r)
}

// Sign writes the time of sending into the body, unless one is there that may
// still pass for it: the rest of the body stays as it is written.
func (v Verifier) Sign(r *webhook.Request, now time.Time) error {
	sent, err := sentIn(r)
	if err != nil || verify.Fresh(sent, &webhook.Request{ReceivedAt: now}, v.tolerance) != nil {
		var body map[string]json.RawMessage
		if json.Unmarshal(r.Body, &body) != nil || body == nil {
			return verify.CannotSign("the body is no JSON object, so it has no " + sentAt)
		}
		body[sentAt] = strconv.AppendInt(nil, now.UnixMilli(), 10)
		if r.Body, err = json.Marshal(body); err != nil {
			return verify.CannotSign("the body cannot be written anew")
		}
	}
	return v.Verifier.Sign(r, now)
}
