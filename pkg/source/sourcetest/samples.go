package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// RunSamples checks the samples of a definition: each is understood, signed as
// the source says it is genuine, and two of them are no duplicates.
func RunSamples(t *testing.T, d source.Definition, s source.Source) {
	t.Helper()
	all, err := source.Samples(d)
	if err != nil {
		t.Fatal(err)
	}
	judge := sampleJudge{source: s}
	complain(t, judge.setFaults(all))
	for _, sample := range all {
		t.Run(sample.Event, func(t *testing.T) {
			t.Parallel()
			complain(t, judge.faults(t.Context(), sample))
		})
	}
}

// folderSamples are those beside the test, where a source has some.
func folderSamples(t *testing.T) (all []source.Sample) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("samples", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := source.ParseSample(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, s)
	}
	return all
}

// sampleJudge looks at the samples of one source.
type sampleJudge struct {
	source source.Source
	secret secret.Text
}

// setFaults: an operator names a sample by its event.
func (j sampleJudge) setFaults(all []source.Sample) (faults []string) {
	var seen []string
	worded := false
	for _, sample := range all {
		if slices.Contains(seen, sample.Event) {
			faults = append(faults, fmt.Sprintf("two samples are called %q", sample.Event))
		}
		seen = append(seen, sample.Event)
		worded = worded || j.hasOwnWords(request(sample, 1))
	}
	for _, sample := range all {
		if r := request(sample, 1); worded && !j.isHandshake(r) && !j.hasOwnWords(r) {
			faults = append(faults, fmt.Sprintf("the sample %s is not understood: its message is the generic one", sample.Event))
		}
	}
	return faults
}

// SampleFaults tells in which points a sample is none that its service would
// send: nothing for a good one.
func SampleFaults(s source.Source, sample source.Sample) []string {
	return sampleJudge{source: s}.faults(context.Background(), sample)
}

func (j sampleJudge) faults(ctx context.Context, sample source.Sample) (faults []string) {
	one, two := request(sample, 1), request(sample, 2)
	if text := headerText(one.Header) + one.RawQuery + string(one.Body); strings.Contains(text, "{{") {
		faults = append(faults, "a placeholder is left that nobody knows")
	}
	faults = append(faults, Suite{Source: j.source, Keys: j.keys()}.contract(copied(one), naming)...)
	if !j.isHandshake(one) {
		faults = append(faults, j.freshFaults(sample, one, two)...)
	}
	return append(faults, j.signingFaults(ctx, one)...)
}

func (j sampleJudge) isHandshake(r *webhook.Request) bool {
	if c, ok := j.source.(source.Challenger); ok {
		if _, yes := c.Challenge(r); yes {
			return true
		}
	}
	if h, ok := j.source.(source.Handshaker); ok {
		if _, yes, err := h.Handshake(context.Background(), r, j.keys()); yes || err != nil {
			return true
		}
	}
	if g, ok := j.source.(source.Greeter); ok {
		if _, yes := g.Greet(r); yes {
			return true
		}
	}
	return false
}

// hasOwnWords compares with what generic wording gives: a source of which every
// event is worded so has no better. In one language the two may be alike.
func (j sampleJudge) hasOwnWords(r *webhook.Request) bool {
	events, _ := j.source.Events(r)
	return slices.ContainsFunc(events, func(e webhook.Event) bool {
		return slices.ContainsFunc(locales(), func(l source.Locale) bool {
			return j.source.Message(e, l, source.Normal).Title != source.Headline(e, l)
		})
	})
}

// freshFaults: it is what its name says, and no duplicate of the one before.
func (j sampleJudge) freshFaults(sample source.Sample, one, two *webhook.Request) (faults []string) {
	id, err := j.source.Identify(one)
	again, errAgain := j.source.Identify(two)
	if err := errors.Join(err, errAgain); err != nil {
		return []string{fmt.Sprintf("Identify refuses it: %v", err)}
	}
	want := id.Type
	if id.Action != "" {
		want += "." + id.Action
	}
	if !sample.Means(want) {
		faults = append(faults, fmt.Sprintf("it is called %q, Identify says %q", sample.Event, want))
	}
	if id.DeliveryID != "" && id.DeliveryID == again.DeliveryID {
		faults = append(faults, fmt.Sprintf("sent twice it has one delivery id, %q: a placeholder is missing", id.DeliveryID))
	}
	return faults
}

// sampleSecret is taken by every scheme: a token, and base64 of a key.
const sampleSecret = "cG9zdGVybi1zYW1wbGUtc2VjcmV0"

func (j sampleJudge) keys() verify.Keys {
	if j.secret.Empty() {
		return verify.Keys{Secrets: []secret.Text{secret.New(sampleSecret)}}
	}
	return verify.Keys{Secrets: []secret.Text{j.secret}}
}

// signingFaults: what a source's own check signs, it takes. A key that is its
// service's alone is no fault.
func (j sampleJudge) signingFaults(ctx context.Context, r *webhook.Request) []string {
	signed, ok := j.source.(source.Signed)
	if !ok {
		return nil
	}
	v, err := signed.Verification(j.keys())
	if err != nil {
		return nil // it wants settings, or a key of another form
	}
	r = copied(r)
	switch err := verify.SignAs(v, r, r.ReceivedAt); {
	case errors.Is(err, verify.ErrCannotSign):
		if _, says := v.(verify.Signer); says {
			return nil
		}
		if _, says := v.(verify.KeySigner); says {
			return nil
		}
		return []string{"its Verifier is no verify.Signer: embed the one it is made of"}
	case err != nil:
		return []string{fmt.Sprintf("it cannot be signed: %v", err)}
	}
	if err := v.Verify(ctx, r); err != nil {
		return []string{fmt.Sprintf("signed, it is refused: %v", err)}
	}
	return nil
}

// request fills a sample in; another number makes another one.
func request(sample source.Sample, n int64) *webhook.Request {
	const numbers, start = 100_000_000, 1_800_000_000
	r := sample.Request(source.Fresh{
		UUID:   fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
		Number: numbers + n, Now: time.Unix(start, 0).UTC(), // both at one time: two may be sent within a second
	})
	r.Path, r.URL, r.RemoteIP = "/hook", "https://hooks.example.com/hook", netip.MustParseAddr("192.0.2.7")
	if r.RawQuery != "" {
		r.URL += "?" + r.RawQuery
	}
	return r
}
