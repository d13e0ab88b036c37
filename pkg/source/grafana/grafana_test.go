package grafana_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/alertmanager"
	"postern/pkg/source/grafana"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite(tb testing.TB) sourcetest.Suite {
	tb.Helper()
	return sourcetest.Suite{Source: build(tb, grafana.Settings{})}
}

func TestContract(t *testing.T) { sourcetest.Run(t, suite(t)) }

func FuzzGrafana(f *testing.F) { sourcetest.Fuzz(f, suite(f)) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := grafana.Definition()
	if d.Name != "grafana" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want grafana with duplicates", d)
	}
	s, err := d.Build(func(into any) error {
		*into.(*grafana.Settings) = grafana.Settings{SignatureHeader: "X-Signature"}
		return nil
	})
	if err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings grafana.Settings
		want     string // the key at fault; empty: none
	}{
		"none written":           {grafana.Settings{}, ""},
		"both":                   {grafana.Settings{SignatureHeader: "X-Sig", TimestampHeader: "X-Time"}, ""},
		"a broken header":        {grafana.Settings{SignatureHeader: "X-Sig: "}, "signature_header"},
		"a broken time header":   {grafana.Settings{TimestampHeader: "{body}"}, "timestamp_header"},
		"one header for both":    {grafana.Settings{SignatureHeader: "X-Sig", TimestampHeader: "x-sig"}, "timestamp_header"},
		"the default one's name": {grafana.Settings{TimestampHeader: "x-grafana-alerting-signature"}, "timestamp_header"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := grafana.New(tt.settings)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want+": ")) {
				t.Errorf("got %v, want an error that names %s", err, tt.want)
			}
		})
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	sent := time.Unix(1700000000, 0)
	plain, timed := sign(body), sign("1700000000:"+body)
	if want := "8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"; plain != want {
		t.Fatalf("the vector: got %s, want %s", plain, want)
	}
	if want := "ad0aebc21eda57ae2ab9a3ef75e96cb2ae0fb647146f7430feb1911a8c8bd201"; timed != want {
		t.Fatalf("the vector with a time: got %s, want %s", timed, want)
	}
	withTime := grafana.Settings{TimestampHeader: "X-Grafana-Alerting-Timestamp"}
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	const signature, stamp = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"
	tests := map[string]struct {
		settings grafana.Settings
		header   http.Header
		arrived  time.Time
		want     error
	}{
		"genuine":                    {grafana.Settings{}, header(signature, plain), sent, nil},
		"genuine, with a time":       {withTime, header(signature, timed, stamp, "1700000000"), sent, nil},
		"another name":               {grafana.Settings{SignatureHeader: "X-Sig"}, header("X-Sig", plain), sent, nil},
		"the default name is not it": {grafana.Settings{SignatureHeader: "X-Sig"}, header(signature, plain), sent, verify.ErrMissing},
		"none":                       {grafana.Settings{}, header(), sent, verify.ErrMissing},
		"of another body":            {grafana.Settings{}, header(signature, sign("{}")), sent, verify.ErrRejected},
		"not timed, but should be":   {withTime, header(signature, plain, stamp, "1700000000"), sent, verify.ErrRejected},
		"another time":               {withTime, header(signature, timed, stamp, "1700000001"), sent, verify.ErrRejected},
		"no time":                    {withTime, header(signature, timed), sent, verify.ErrMissing},
		"too old":                    {withTime, header(signature, timed, stamp, "1700000000"), sent.Add(6 * time.Minute), verify.ErrOutOfRange},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := build(t, tt.settings).Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New("test-secret")}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: tt.header, Body: []byte(body), ReceivedAt: tt.arrived})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOrganizationsStayApart(t *testing.T) {
	t.Parallel()
	first, second := identify(t, `{"orgId":1,"groupKey":"k","alerts":[{"fingerprint":"a"}]}`), identify(t, `{"orgId":2,"groupKey":"k","alerts":[{"fingerprint":"a"}]}`)
	if first.DeliveryID == second.DeliveryID {
		t.Error("two organizations' alerts have one delivery id, want two")
	}
	if first.Window <= 0 || first.Window > alertmanager.Window {
		t.Errorf("window %s, want a minute at most", first.Window)
	}
}

func identify(t *testing.T, body string) source.Identity {
	t.Helper()
	id, err := build(t, grafana.Settings{}).Identify(&webhook.Request{Header: http.Header{}, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sign(signed string) string {
	mac := hmac.New(sha256.New, []byte("test-secret"))
	mac.Write([]byte(signed))
	return hex.EncodeToString(mac.Sum(nil))
}

func build(tb testing.TB, s grafana.Settings) grafana.Source {
	tb.Helper()
	src, err := grafana.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}
