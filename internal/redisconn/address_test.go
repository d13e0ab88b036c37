package redisconn_test

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/redisconn"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, want string }{
		"host and database":       {"redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"},
		"the usual port":          {"redis://cache", "redis://cache:6379/0"},
		"IPv6 without a port":     {"redis://[::1]/1", "redis://[::1]:6379/1"},
		"IPv6 with a port":        {"redis://[::1]:7000", "redis://[::1]:7000/0"},
		"TLS":                     {"rediss://cache:6380", "rediss://cache:6380/0"},
		"valkey is redis":         {"valkey://cache", "redis://cache:6379/0"},
		"a password is masked":    {"redis://:hunter2@cache", "redis://:***@cache:6379/0"},
		"user and password":       {"redis://ann:hunter2@cache", "redis://ann:***@cache:6379/0"},
		"an encoded password":     {"redis://ann:a%2Fb%40c@cache", "redis://ann:***@cache:6379/0"},
		"an @ in the password":    {"redis://ann:a@b@cache", "redis://ann:***@cache:6379/0"},
		"a socket":                {"unix:///run/redis.sock", "unix:///run/redis.sock"},
		"an encoded socket":       {"unix:///run/my%20redis.sock?db=2", "unix:///run/my redis.sock"},
		"sentinels":               {"redis+sentinel://ann:hunter2@h1:26380,h2/master/2", "redis+sentinel://ann:***@h1:26380,h2:26379/master/2"},
		"sentinels over TLS":      {"rediss+sentinel://h1/master", "rediss+sentinel://h1:26379/master/0"},
		"a cluster":               {"redis+cluster://h1,h2:7001", "redis+cluster://h1:6379,h2:7001"},
		"a cluster of one":        {"redis+cluster://h1", "redis+cluster://h1:6379"},
		"options":                 {"redis://h?pool_size=5&read_timeout=3s&max_retries=1", "redis://h:6379/0"},
		"the database as options": {"redis://h?db=4", "redis://h:6379/4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := redisconn.Parse(test.url)
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if got.String() != test.want {
				t.Errorf("Parse = %s, want %s", got, test.want)
			}
		})
	}
}

func TestParseRefusesWithoutThePassword(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, want string }{
		"nothing":                    {"", "want redis://"},
		"no scheme":                  {"hunter2", "want redis://"},
		"another scheme":             {"http://ann:hunter2@h", "want redis://"},
		"the embedded store":         {"embedded:./hunter2", "embedded:"},
		"a slash in the password":    {"redis://ann:hun/ter2@h", "percent-encode"},
		"a stray percent":            {"redis://ann:hunter2%@h", "percent-encoded"},
		"a port that is none":        {"redis://ann:hunter2@h:port", "host:port"},
		"port 0":                     {"redis://ann:hunter2@h:0", "host:port"},
		"a port out of range":        {"redis://ann:hunter2@h:70000", "host:port"},
		"no host":                    {"redis://ann:hunter2@/0", "host:port"},
		"bare IPv6":                  {"redis://ann:hunter2@::1", "host:port"},
		"two hosts, one server":      {"redis://ann:hunter2@h1,h2", "several hosts"},
		"an empty host in a list":    {"redis+cluster://ann:hunter2@h1,,h2", "host:port"},
		"a database that is none":    {"redis://ann:hunter2@h/hunter2", "not a number"},
		"a negative database":        {"redis://ann:hunter2@h/-1", "not a number"},
		"a path too long":            {"redis://ann:hunter2@h/0/hunter2", "only a database"},
		"sentinels without a master": {"redis+sentinel://ann:hunter2@h1", "master's name"},
		"a cluster's database":       {"redis+cluster://ann:hunter2@h1/1", "no databases"},
		"a relative socket":          {"unix://hunter2", "absolute path"},
		"an unknown option":          {"redis://ann:hunter2@h?hunter2=1", "unknown option"},
		"a pool of none":             {"redis://ann:hunter2@h?pool_size=0", "pool_size"},
		"a time limit of none":       {"redis://ann:hunter2@h?read_timeout=0", "read_timeout"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := redisconn.Parse(test.url)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Parse = %v, want an error with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "ter2") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestAddressNeverPrintsASecret(t *testing.T) {
	t.Parallel()
	address, err := redisconn.Parse("redis+sentinel://ann:hunter2@h/m?sentinel_username=bob&sentinel_password=hunter2")
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, address); strings.Contains(got, "hunter2") {
			t.Errorf("%s prints the password: %s", verb, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"redis://ann:hunter2@h:1/2?db=3", "unix:///run/s", "redis+sentinel://h1,h2/m/0", "redis+cluster://[::1]:7000,h", "redis://@", "redis://]:",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		address, err := redisconn.Parse(url)
		if err == nil && !strings.Contains(address.String(), "://") {
			t.Errorf("Parse(%q) = %q, not an address", url, address)
		}
	})
}
