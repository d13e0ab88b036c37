package discord_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/source/discord"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: discord.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzDiscord(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := discord.Definition()
	if d.Name != "discord" || !d.Duplicates || !d.Unauthorized {
		t.Errorf("Definition() = %+v, want discord with duplicates and 401", d)
	}
	for key, want := range map[string]string{"": "", strings.Repeat("ab", 32): "", "abcd": "public_key: ", "x": "public_key: "} {
		_, err := d.Build(func(into any) error {
			into.(*discord.Settings).PublicKey = key
			return nil
		})
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("key %q: got %v, want an error of %q", key, err, want)
		}
	}
}

func TestWithoutAKeyThereIsNoVerifier(t *testing.T) {
	t.Parallel()
	v, err := discord.Source{}.Verification(verify.Keys{})
	if err == nil || !strings.Contains(err.Error(), "public_key") || v != nil {
		t.Errorf("got %v, %v, want an error that names public_key", v, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const (
		public  = "2196d001cb1f9ddc77d024926f508f7e30e45718d10b9d5e213383a8bcf3d11a"
		genuine = "7536aa15c4f270903dfc303d4eb8b0bedcaeff2a18250ff098605db3f2111e7ccaa809ac13d893d46f7d71d31d64cd00c3fd2300dd74f322810e8bddc7c0300f"
		body    = `{"type":1}`
	)
	stranger := hex.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(make([]byte, 32)), []byte("1700000000"+body)))
	sent := time.Unix(1700000000, 0)
	tests := map[string]struct {
		signature, stamp, body string
		arrived                time.Time
		want                   error
	}{
		"genuine":         {genuine, "1700000000", body, sent, nil},
		"another key":     {stranger, "1700000000", body, sent, verify.ErrRejected},
		"changed body":    {genuine, "1700000000", `{"type":2}`, sent, verify.ErrRejected},
		"changed time":    {genuine, "1700000001", body, sent, verify.ErrRejected},
		"cut short":       {genuine[:64], "1700000000", body, sent, verify.ErrRejected},
		"too old":         {genuine, "1700000000", body, sent.Add(6 * time.Minute), verify.ErrOutOfRange},
		"no signature":    {"", "1700000000", body, sent, verify.ErrMissing},
		"no time":         {genuine, "", body, sent, verify.ErrMissing},
		"no hex at all":   {strings.Repeat("z", 128), "1700000000", body, sent, verify.ErrRejected},
		"all zeros":       {strings.Repeat("0", 128), "1700000000", body, sent, verify.ErrRejected},
		"a longer header": {genuine + "00", "1700000000", body, sent, verify.ErrRejected},
	}
	s, err := discord.New(discord.Settings{PublicKey: public})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verification(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the verifier wants a secret, want it to do without")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"X-Signature-Ed25519": {tt.signature}, "X-Signature-Timestamp": {tt.stamp}}
			err := v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: tt.arrived})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestChallengeAnswersPingsOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   string
		want   bool
		status int
		answer string
	}{
		"a PING":                {`{"type":1}`, true, http.StatusOK, `{"type":1}`},
		"a PING as it comes":    {`{"application_id":"1","id":"2","token":"x","type":1,"version":1}`, true, http.StatusOK, `{"type":1}`},
		"a PING of events":      {`{"version":1,"application_id":"1","type":0}`, true, http.StatusNoContent, ""},
		"a webhook event":       {`{"version":1,"type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}`, false, 0, ""},
		"who is typing":         {`{"type":4,"id":"1","data":{"name":"deploy"}}`, true, http.StatusOK, `{"type":8,"data":{"choices":[]}}`},
		"a command":             {`{"type":2}`, false, 0, ""},
		"a type that is a text": {`{"type":"1"}`, false, 0, ""},
		"no type":               {`{}`, false, 0, ""},
		"no JSON at all":        {`1`, false, 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, ok := discord.Source{}.Challenge(request(tt.body))
			if ok != tt.want || answer.Status != tt.status || string(answer.Body) != tt.answer {
				t.Errorf("got %t with %d %s, want %t with %d %s", ok, answer.Status, answer.Body, tt.want, tt.status, tt.answer)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   string
		status int
		answer string
	}{
		"a command": {`{"type":2}`, http.StatusOK, `{"type":4,"data":{"content":"Accepted.","flags":64,"allowed_mentions":{"parse":[]}}}`},
		"a button":  {`{"type":3,"locale":"de"}`, http.StatusOK, `{"type":4,"data":{"content":"Accepted.","flags":64,"allowed_mentions":{"parse":[]}}}`},
		"a form from Japan": {
			`{"type":5,"locale":"ja"}`, http.StatusOK, `{"type":4,"data":{"content":"受け付けました。","flags":64,"allowed_mentions":{"parse":[]}}}`,
		},
		"from China":      {`{"type":2,"locale":"zh-CN"}`, http.StatusOK, `{"type":4,"data":{"content":"已受理。","flags":64,"allowed_mentions":{"parse":[]}}}`},
		"a webhook event": {`{"type":1,"event":{}}`, http.StatusNoContent, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, ok := discord.Source{}.Answer(request(tt.body))
			if !ok || answer.Status != tt.status || string(answer.Body) != tt.answer {
				t.Errorf("got %t with %d %s, want %d %s", ok, answer.Status, answer.Body, tt.status, tt.answer)
			}
		})
	}
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
