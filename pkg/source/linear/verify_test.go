package linear_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/linear"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier,
		Sign: func(r *webhook.Request, key secret.Text) {
			var body map[string]any
			if json.Unmarshal(r.Body, &body) == nil {
				body["webhookTimestamp"] = r.ReceivedAt.UnixMilli()
				r.Body, _ = json.Marshal(body)
			}
			r.Header.Set("Linear-Signature", sign(key.Reveal(), string(r.Body)))
		},
		Credential: verifytest.Place{Header: "Linear-Signature", Encoding: verifytest.Hex},
		Tolerance:  verify.DefaultTolerance,
	}
}

func TestVerificationContract(t *testing.T) { verifytest.Run(t, scheme()) }

func FuzzVerification(f *testing.F) { verifytest.Fuzz(f, scheme()) }

func TestTheVectorMatchesAndHasNoTime(t *testing.T) {
	t.Parallel()
	const body, genuine = `{"hello":"wörld"}`, "8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"
	if got := sign("test-secret", body); got != genuine {
		t.Fatalf("the vector: got %s, want %s", got, genuine)
	}
	v, err := verifier(secret.New("test-secret"))
	if err == nil {
		err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{"Linear-Signature": {genuine}}, Body: []byte(body)})
	}
	if !errors.Is(err, verify.ErrRejected) || err.Error() != "the body holds no webhookTimestamp" {
		t.Errorf("got %v, want it refused for want of the time alone", err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	sent := time.UnixMilli(1767323041456)
	body := `{"type":"Issue","webhookTimestamp":` + strconv.FormatInt(sent.UnixMilli(), 10) + `}`
	genuine := sign("test-secret", body)
	tests := map[string]struct {
		signatures []string
		body       string
		arrived    time.Time
		want       error
	}{
		"genuine":              {[]string{genuine}, body, sent, nil},
		"late, but in time":    {[]string{genuine}, body, sent.Add(2 * time.Minute), nil},
		"too old":              {[]string{genuine}, body, sent.Add(2*time.Minute + time.Second), verify.ErrOutOfRange},
		"from the future":      {[]string{genuine}, body, sent.Add(-2*time.Minute - time.Second), verify.ErrOutOfRange},
		"old and not genuine":  {[]string{sign("another", body)}, body, sent.Add(time.Hour), verify.ErrRejected},
		"changed body":         {[]string{genuine}, body + " ", sent, verify.ErrRejected},
		"another secret":       {[]string{sign("another", body)}, body, sent, verify.ErrRejected},
		"none":                 {nil, body, sent, verify.ErrMissing},
		"an empty header":      {[]string{""}, body, sent, verify.ErrMissing},
		"given in two headers": {[]string{genuine, genuine}, body, sent, verify.ErrRejected},
		"cut short":            {[]string{genuine[:20]}, body, sent, verify.ErrRejected},
		"a time in text":       signed(`{"webhookTimestamp":"1767323041456"}`, sent, verify.ErrRejected),
		"a time with a point":  signed(`{"webhookTimestamp":1767323041456.5}`, sent, verify.ErrRejected),
		"a time further down":  signed(`{"data":{"webhookTimestamp":1767323041456}}`, sent, verify.ErrRejected),
		"of no time at all":    signed(`{"webhookTimestamp":0}`, sent, verify.ErrOutOfRange),
		"the largest number":   signed(`{"webhookTimestamp":9223372036854775807}`, sent, verify.ErrOutOfRange),
		"the smallest number":  signed(`{"webhookTimestamp":-9223372036854775808}`, sent, verify.ErrOutOfRange),
		"a list":               signed(`[1767323041456]`, sent, verify.ErrRejected),
		"no JSON":              signed(`webhookTimestamp=1767323041456`, sent, verify.ErrRejected),
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := linear.Source{}.Verification(verify.Keys{
				Secrets: []secret.Text{secret.New("old"), secret.New("test-secret")}, Tolerance: 2 * time.Minute,
			})
			if err == nil {
				header := http.Header{}
				for _, s := range tt.signatures {
					header.Add("Linear-Signature", s)
				}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func signed(body string, arrived time.Time, want error) (row struct {
	signatures []string
	body       string
	arrived    time.Time
	want       error
},
) {
	row.signatures, row.body, row.arrived, row.want = []string{sign("test-secret", body)}, body, arrived, want
	return row
}

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return linear.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestExplain(t *testing.T) {
	t.Parallel()
	const key, body, early = "the-signing-secret", `{"webhookTimestamp":1700000000000}`, 1_700_000_000
	mistake := func(signature, body string, arrived int64, says string) verifytest.Mistake {
		v, err := verifier(secret.New(key))
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: time.Unix(arrived, 0)}
		r.Header.Set("Linear-Signature", signature)
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: []secret.Text{secret.New(key)}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"an hour late":       mistake(sign(key, body), body, early+3600, "signed 3600 s ago"),
		"a clock that leads": mistake(sign(key, body), body, early-900, "a clock that is 900 s ahead"),
		"no time":            mistake(sign(key, `{}`), `{}`, early, "no webhookTimestamp is signed with it"),
		"a newline there":    mistake(sign(key+"\n", body), body, early, "a trailing newline at the sender"),
		"late and a newline": mistake(sign(key+"\n", body), body, early+3600, "a trailing newline at the sender"),
		"no signature":       mistake("", body, early, "the Linear-Signature header is there and empty"),
		"a stranger":         mistake(sign("another-secret", body), body, early+3600, ""),
	})
}
