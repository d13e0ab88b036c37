package drone_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/drone"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: drone.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzDrone(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestVerification(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{`{"hello":"wörld"}`: nil, `{}`: verify.ErrRejected} {
		v, err := drone.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
		if err == nil {
			err = v.Verify(t.Context(), &webhook.Request{ReceivedAt: time.Unix(1700000000, 0), Body: []byte(body), Header: http.Header{
				"Date": {"Tue, 14 Nov 2023 22:13:20 GMT"}, "Digest": {"SHA-256=Ff6TbVpcSlZMjckAIoAAkmPAzAvQ8o4WZSUpqfg7LSM="},
				"Signature": {`keyId="hmac-key",algorithm="hmac-sha256",signature="kNm03nB5X6XB4rOAx5oxp0QQH8s186FfbTjDYfBzMns=",headers="date digest"`},
			}})
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", body, err, want)
		}
	}
}
