package zoom_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/zoom"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// suite has the secret that the handshake's golden case is signed with.
func suite() sourcetest.Suite {
	return sourcetest.Suite{Source: zoom.Source{}, Keys: keys("test-secret"), Secret: secret.New("test-secret")}
}

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzZoom(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := zoom.Definition()
	if d.Name != "zoom" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want zoom with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	sent := time.Unix(1700000000, 0)
	genuine := "v0=" + sign("test-secret", "v0:1700000000:"+body)
	if want := "v0=54ec15bda998b9b782e29e8a8339e490e4f5ffc227aea0a7fb31525e9f0e4d3d"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	tests := map[string]struct {
		signature, stamp, body string
		arrived                time.Time
		want                   error
	}{
		"genuine":            {genuine, "1700000000", body, sent, nil},
		"in milliseconds":    {"v0=" + sign("old", "v0:1700000000000:"+body), "1700000000000", body, sent, nil},
		"another secret":     {"v0=" + sign("another", "v0:1700000000:"+body), "1700000000", body, sent, verify.ErrRejected},
		"changed body":       {genuine, "1700000000", body + " ", sent, verify.ErrRejected},
		"changed time":       {genuine, "1700000001", body, sent, verify.ErrRejected},
		"too old":            {genuine, "1700000000", body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
		"no signature":       {"", "1700000000", body, sent, verify.ErrMissing},
		"no time":            {genuine, "", body, sent, verify.ErrMissing},
		"an empty signature": {"v0=", "1700000000", body, sent, verify.ErrRejected},
	}
	v, err := zoom.Source{}.Verification(keys("test-secret", "old"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"X-Zm-Signature": {tt.signature}, "X-Zm-Request-Timestamp": {tt.stamp}}
			err := v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	const (
		body    = `{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}`
		want    = `{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"82079ed66225fed153e0854735aa9702e1d67137a69c96a00957941f942b8de7"}`
		tooLong = `{"event":"endpoint.url_validation","payload":{"plainToken":"%s"}}`
	)
	tests := map[string]struct {
		secrets []string
		signer  string // empty: nobody
		body    string
		answer  string
		want    error
	}{
		"the only secret":   {[]string{"test-secret"}, "test-secret", body, want, nil},
		"the first of two":  {[]string{"test-secret", "old"}, "test-secret", body, want, nil},
		"the second of two": {[]string{"new", "test-secret"}, "test-secret", body, want, nil},
		"another secret":    {[]string{"test-secret", "old"}, "another", body, "", verify.ErrRejected},
		"not signed":        {[]string{"test-secret"}, "", body, "", verify.ErrMissing},
		"without a secret":  {nil, "test-secret", body, "", verify.ErrNotConfigured},
		"an event":          {[]string{"test-secret"}, "", `{"event":"meeting.started"}`, "", nil},
		"no token":          {[]string{"test-secret"}, "", `{"event":"endpoint.url_validation","payload":{}}`, "", nil},
		"a token too long":  {[]string{"test-secret"}, "test-secret", fmt.Sprintf(tooLong, strings.Repeat("x", 201)), "", nil},
		"no JSON at all":    {[]string{"test-secret"}, "", `endpoint.url_validation`, "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(tt.body)
			r.ReceivedAt = time.Unix(1700000000, 0)
			if tt.signer != "" {
				r.Header.Set("X-Zm-Request-Timestamp", "1700000000")
				r.Header.Set("X-Zm-Signature", "v0="+sign(tt.signer, "v0:1700000000:"+tt.body))
			}
			answer, ok, err := zoom.Source{}.Handshake(t.Context(), r, keys(tt.secrets...))
			if ok != (tt.answer != "") || string(answer.Body) != tt.answer || !errors.Is(err, tt.want) {
				t.Errorf("got %t with %s and %v, want %q and %v", ok, answer.Body, err, tt.answer, tt.want)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	answer, ok := zoom.Source{}.Answer(request(`{}`))
	if !ok || answer.Status != http.StatusNoContent || len(answer.Body) != 0 {
		t.Errorf("got %t, %+v, want 204 and no body", ok, answer)
	}
}

func TestOneEventIsOneDelivery(t *testing.T) {
	t.Parallel()
	const event = `{"event":"meeting.participant_joined","event_ts":1767322800000,"payload":{"object":{"uuid":"u=","participant":{"user_name":"%s"}}}%s}`
	first := identify(t, fmt.Sprintf(event, "Ada", ""))
	if again := identify(t, fmt.Sprintf(event, "Ada", ` `)); again != first || first.Window != time.Minute {
		t.Errorf("got %+v for the same event, want %+v for a minute", again, first)
	}
	if other := identify(t, fmt.Sprintf(event, "Mona", "")); other.DeliveryID == first.DeliveryID {
		t.Error("two people are one delivery, want two")
	}
}

func TestNoPasswordIsTold(t *testing.T) {
	t.Parallel()
	events, err := zoom.Source{}.Events(request(`{"event":"recording.completed","download_token":"s3cret","payload":{"object":{
		"topic":"Weekly","password":"s3cret","join_url":"https://zoom.us/j/1?pwd=s3cret","start_url":"https://zoom.us/s/1?zak=s3cret",
		"recording_play_passcode":"s3cret","share_url":"https://zoom.us/rec/share/s3cret"}}}`))
	told := fmt.Sprintf("%+v %+v", events, zoom.Source{}.Message(events[0], source.English, source.Full))
	if err != nil || strings.Contains(told, "s3cret") {
		t.Errorf("got %s, %v, want no secret in it", told, err)
	}
}

func identify(t *testing.T, body string) source.Identity {
	t.Helper()
	id, err := zoom.Source{}.Identify(request(body))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func keys(secrets ...string) verify.Keys {
	k := verify.Keys{}
	for _, s := range secrets {
		k.Secrets = append(k.Secrets, secret.New(s))
	}
	return k
}

func sign(key, signed string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return hex.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
