package job_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"postern/internal/job"
	"postern/pkg/secret"
)

func TestLikeness(t *testing.T) {
	t.Parallel()
	base := job.Rejection{Plugin: "a.b", Endpoint: "/x", Path: "/p", Code: "signature_mismatch", RemoteIP: "192.0.2.1", Cause: "secret 1 of 2"}
	for name, c := range map[string]struct {
		change func(*job.Rejection)
		like   bool
	}{
		"nothing":         {func(*job.Rejection) {}, true},
		"a time":          {func(r *job.Rejection) { r.At, r.Count = job.At(time.Now()), 7 }, true},
		"a path":          {func(r *job.Rejection) { r.Path = "/q" }, true},
		"an endpoint":     {func(r *job.Rejection) { r.Endpoint = "/y" }, false},
		"a plugin":        {func(r *job.Rejection) { r.Plugin = "a.c" }, false},
		"a caller":        {func(r *job.Rejection) { r.RemoteIP = "192.0.2.2" }, false},
		"a code":          {func(r *job.Rejection) { r.Code = "signature_missing" }, false},
		"a cause":         {func(r *job.Rejection) { r.Cause = "secret 2 of 2" }, false},
		"a secret":        {func(r *job.Rejection) { r.Secret = secret.New("x") }, false},
		"another word":    {func(r *job.Rejection) { r.Plugin, r.Endpoint = "a.b/x", "" }, false},
		"a handshake too": {func(r *job.Rejection) { r.Code = job.Handshake }, false},
	} {
		other := base
		c.change(&other)
		if got := base.Likeness() == other.Likeness(); got != c.like {
			t.Errorf("%s: alike %t, want %t", name, got, c.like)
		}
	}
	late, later := base, base
	late.Code, later.Code = "timestamp_out_of_range", "timestamp_out_of_range"
	late.Cause, later.Cause = "a clock that is 312 s ahead", "a clock that is 9000 s ahead"
	if late.Likeness() != later.Likeness() {
		t.Error("two times of a clock that is off are not alike, want one row")
	}
	nobody, noone := job.Rejection{Path: "/a"}, job.Rejection{Path: "/b"}
	if nobody.Likeness() == noone.Likeness() {
		t.Error("two unknown paths are alike, want a row each")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	at := func(s int64) job.Time { return job.At(time.Unix(s, 0)) }
	r := job.Rejection{At: at(5), FirstAt: at(3), Count: 2, Path: "/5"}
	r.Merge(job.Rejection{At: at(4), FirstAt: at(1), Count: 1, Path: "/4"})
	r.Merge(job.Rejection{At: at(9), FirstAt: at(9), Count: 3, Path: "/9"})
	if r.Count != 6 || r.FirstAt != at(1) || r.At != at(9) || r.Path != "/9" {
		t.Errorf("got %+v, want 6 from 1 to 9", r)
	}
}

// TestASecretIsNotEncoded: who forgets to hide it has hidden it.
func TestASecretIsNotEncoded(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(job.Rejection{Secret: secret.New("entrusted")})
	if err != nil || !strings.Contains(string(b), `"secret":"***"`) {
		t.Errorf("got %s and error %v, want a mask", b, err)
	}
	if b, err = json.Marshal(job.Rejection{}); err != nil || strings.Contains(string(b), "secret") {
		t.Errorf("got %s and error %v, want no secret", b, err)
	}
}
