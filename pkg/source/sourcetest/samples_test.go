package sourcetest_test

import (
	"strings"
	"testing"

	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

func sample(t *testing.T, event, body string) source.Sample {
	t.Helper()
	s, err := source.ParseSample(event + " Somebody rings\nPOST\nContent-Type: application/json\n\n" + body)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSamplesAreJudged(t *testing.T) {
	t.Parallel()
	const good = `{"id":"{{uuid}}","door":"north"}`
	scheme, err := hmac.Scheme{Header: "X-Bell"}.Verifier(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source      source.Source
		event, body string
		want        string
	}{
		"good":                      {bell{}, "ring", good, ""},
		"a variant":                 {bell{}, "ring/loud", good, ""},
		"of another name":           {bell{}, "knock", good, `it is called "knock"`},
		"the same twice":            {bell{}, "ring", `{"id":"7","door":"north"}`, "a placeholder is missing"},
		"an unknown placeholder":    {bell{}, "ring", `{"id":"{{uuid}}","door":"{{door}}"}`, "nobody knows"},
		"not JSON":                  {bell{}, "ring", `{`, "Identify refuses it"},
		"a check that cannot sign":  {signedBell{bell{}, open{}}, "ring", good, "no verify.Signer"},
		"a check without a secret":  {signedBell{bell{}, scheme}, "ring", good, "cannot be signed"},
		"a check that signs":        {sealedBell{}, "ring", good, ""},
		"what breaks the contract ": {bell{event: func(_ *webhook.Request, e *webhook.Event) { e.Severity = "loud" }}, "ring", good, "severity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(sourcetest.SampleFaults(c.source, sample(t, c.event, c.body)), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// sealedBell signs with what it is given.
type sealedBell struct{ bell }

func (sealedBell) Verification(keys verify.Keys) (verify.Verifier, error) {
	return hmac.Scheme{Header: "X-Bell"}.Verifier(keys)
}
