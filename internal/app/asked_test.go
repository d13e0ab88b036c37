package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const askedConfig = `
redis: {url: "${REDIS}"}
plugins:
  acme.cloud:
    webhooks:
      /sns: {source: sns, verify: {type: basic, username: sns, password: a-word-of-the-tests}}
      /azure: {source: azure_devops, verify: {type: basic, username: azure, password: a-word-of-the-tests}}
`

// askedFirst posts as SNS does: user name and password of the address go out
// only once a 401 has asked for them by Basic.
func askedFirst(s sender, c call, user *url.Userinfo) (answer, error) {
	a, err := s.do(c)
	if err != nil || a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		return a, err
	}
	r := &http.Request{Header: c.header.Clone()}
	password, _ := user.Password()
	r.SetBasicAuth(user.Username(), password)
	c.header = r.Header
	return s.do(c)
}

func TestASenderThatWaitsToBeAskedForItsPasswordIsAsked(t *testing.T) {
	t.Parallel()
	h := newStormHouse(t, askedConfig)
	h.mustStart("receiver", "r")
	raw := http.Header{
		"X-Amz-Sns-Message-Type": {"Notification"}, "X-Amz-Sns-Rawdelivery": {"true"},
		"X-Amz-Sns-Topic-Arn": {"arn:aws:sns:eu-west-1:123456789012:alarms"}, "Content-Type": {"text/plain; charset=UTF-8"},
	}
	for name, c := range map[string]struct {
		path, password, want string
	}{
		"asked":                     {"/sns", "a-word-of-the-tests", "202"},
		"asked, and wrong":          {"/sns", "another-word", "403:signature_mismatch"},
		"another sender is refused": {"/azure", "a-word-of-the-tests", "400:signature_missing"},
	} {
		header := raw.Clone()
		header.Set("X-Amz-Sns-Message-Id", name)
		ring := call{
			method: http.MethodPost, address: h.running["r"].address, path: "/api/plugin/acme.cloud/webhook" + c.path,
			header: header, body: []byte("web-1 is down"),
		}
		got, err := askedFirst(newSender(), ring, url.UserPassword("sns", c.password))
		if err == nil {
			err = got.is(c.want)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
