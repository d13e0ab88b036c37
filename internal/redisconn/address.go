package redisconn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postern/pkg/secret"
)

// kind is how the servers behind an Address are arranged.
type kind int

const (
	single kind = iota
	socket
	sentinel
	cluster
)

// Address is a checked Redis URL. It prints without its passwords.
type Address struct {
	kind     kind
	tls      bool
	hosts    []string // host:port, or the socket's path
	master   string   // sentinel only
	database int
	user     string
	password secret.Text
	tuning   tuning
}

// tuning is what a URL's query may say; the zero value of a field stands for
// its default.
type tuning struct {
	poolSize         int
	maxRetries       int
	dialTimeout      time.Duration
	readTimeout      time.Duration
	writeTimeout     time.Duration
	poolTimeout      time.Duration
	clientName       string
	sentinelUser     string
	sentinelPassword secret.Text
}

// schemes are the forms of a URL, by what stands before "://".
func schemes() map[string]Address {
	return map[string]Address{
		"redis":            {kind: single},
		"rediss":           {kind: single, tls: true},
		"unix":             {kind: socket},
		"redis+sentinel":   {kind: sentinel},
		"rediss+sentinel":  {kind: sentinel, tls: true},
		"redis+cluster":    {kind: cluster},
		"rediss+cluster":   {kind: cluster, tls: true},
		"valkey":           {kind: single},
		"valkeys":          {kind: single, tls: true},
		"valkey+sentinel":  {kind: sentinel},
		"valkey+cluster":   {kind: cluster},
		"valkeys+sentinel": {kind: sentinel, tls: true},
		"valkeys+cluster":  {kind: cluster, tls: true},
	}
}

// Parse checks a URL without opening anything:
//
//	redis://[user:password@]host[:port][/database]     rediss:// for TLS
//	unix://[user:password@]/path/to/socket[?db=database]
//	redis+sentinel://[user:password@]host[:port],.../master[/database]
//	redis+cluster://[user:password@]host[:port],...
//
// The query may set pool_size, max_retries, dial_timeout, read_timeout,
// write_timeout, pool_timeout, client_name, and for sentinels
// sentinel_username and sentinel_password. An error never quotes the URL,
// because it may hold a password.
func Parse(raw string) (Address, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	a, known := schemes()[scheme]
	switch {
	case strings.HasPrefix(raw, "embedded:"):
		return Address{}, errors.New("redis url: embedded: is a store that only the all-in-one program starts, not an address")
	case !found, !known:
		return Address{}, errors.New("redis url: want redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if a.kind != socket && strings.Contains(path, "@") && !strings.Contains(authority, "@") {
		return Address{}, errors.New("redis url: an @ follows the first slash: percent-encode the slashes of the password")
	}
	hosts, err := a.login(authority)
	if err != nil {
		return Address{}, err
	}
	if err := a.place(hosts, path); err != nil {
		return Address{}, err
	}
	if err := a.tune(query); err != nil {
		return Address{}, err
	}
	return a, nil
}

// String gives the address for people, with a mask in the password's place.
func (a Address) String() string {
	login := a.user
	if !a.password.Empty() {
		login += ":" + a.password.String()
	}
	if login != "" {
		login += "@"
	}
	scheme := "redis"
	if a.tls {
		scheme = "rediss"
	}
	hosts := strings.Join(a.hosts, ",")
	switch a.kind {
	case socket:
		return "unix://" + login + hosts
	case sentinel:
		return fmt.Sprintf("%s+sentinel://%s%s/%s/%d", scheme, login, hosts, a.master, a.database)
	case cluster:
		return fmt.Sprintf("%s+cluster://%s%s", scheme, login, hosts)
	default:
		return fmt.Sprintf("%s://%s%s/%d", scheme, login, hosts, a.database)
	}
}

// login takes the user and password off the authority and gives the rest.
func (a *Address) login(authority string) (hosts string, err error) {
	at := strings.LastIndex(authority, "@")
	if at < 0 {
		return authority, nil
	}
	user, password, _ := strings.Cut(authority[:at], ":")
	a.user, err = url.PathUnescape(user)
	if err != nil {
		return "", errors.New("redis url: the user is not percent-encoded")
	}
	plain, err := url.PathUnescape(password)
	if err != nil {
		return "", errors.New("redis url: the password is not percent-encoded")
	}
	a.password = secret.New(plain)
	return authority[at+1:], nil
}

// place reads where the servers are and what to use there.
func (a *Address) place(hosts, path string) error {
	if a.kind == socket {
		return a.placeSocket(hosts, path)
	}
	port := "6379"
	if a.kind == sentinel {
		port = "26379"
	}
	for host := range strings.SplitSeq(hosts, ",") {
		full, err := withPort(host, port)
		if err != nil {
			return err
		}
		a.hosts = append(a.hosts, full)
	}
	if a.kind == single && len(a.hosts) > 1 {
		return errors.New("redis url: several hosts need redis+sentinel:// or redis+cluster://")
	}
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	switch {
	case a.kind == sentinel && len(parts) == 0:
		return errors.New("redis url: redis+sentinel:// needs the master's name after the hosts")
	case a.kind == sentinel:
		a.master, parts = parts[0], parts[1:]
	case a.kind == cluster && len(parts) > 0:
		return errors.New("redis url: a cluster has no databases, so nothing may follow the hosts")
	}
	if len(parts) > 1 {
		return errors.New("redis url: only a database number may follow")
	}
	if len(parts) == 1 {
		return a.choose(parts[0])
	}
	return nil
}

func (a *Address) placeSocket(hosts, path string) error {
	if hosts != "" || path == "" {
		return errors.New("redis url: unix:// needs an absolute path, as in unix:///run/redis.sock")
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return errors.New("redis url: the socket's path is not percent-encoded")
	}
	a.hosts = []string{"/" + plain}
	return nil
}

// choose sets the database.
func (a *Address) choose(number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return errors.New("redis url: the database is not a number")
	}
	a.database = n
	return nil
}

// withPort adds the usual port to a host that names none.
func withPort(host, usual string) (string, error) {
	if !strings.Contains(host[strings.LastIndex(host, "]")+1:], ":") {
		host += ":" + usual
	}
	name, port, err := net.SplitHostPort(host)
	number, badPort := strconv.ParseUint(port, 10, 16)
	if err != nil || badPort != nil || number == 0 || name == "" {
		return "", errors.New("redis url: a host is not of the form host or host:port")
	}
	return net.JoinHostPort(name, port), nil
}

// tune reads the query, strictly.
func (a *Address) tune(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("redis url: the options after ? are not percent-encoded")
	}
	for name, all := range values {
		if err := a.set(name, all[len(all)-1]); err != nil {
			return err
		}
	}
	return nil
}

// set takes one option of the query.
func (a *Address) set(name, value string) error {
	t := &a.tuning
	switch name {
	case "db":
		return a.choose(value)
	case "client_name":
		t.clientName = value
	case "sentinel_username":
		t.sentinelUser = value
	case "sentinel_password":
		t.sentinelPassword = secret.New(value)
	case "pool_size":
		return positive(name, value, &t.poolSize)
	case "max_retries":
		return positive(name, value, &t.maxRetries)
	case "dial_timeout":
		return duration(name, value, &t.dialTimeout)
	case "read_timeout":
		return duration(name, value, &t.readTimeout)
	case "write_timeout":
		return duration(name, value, &t.writeTimeout)
	case "pool_timeout":
		return duration(name, value, &t.poolTimeout)
	default:
		return errors.New("redis url: unknown option after ?: want pool_size, max_retries, dial_timeout, read_timeout, write_timeout, pool_timeout, client_name, db, sentinel_username or sentinel_password")
	}
	return nil
}

func positive(name, value string, to *int) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return fmt.Errorf("redis url: %s is not a number of at least 1", name)
	}
	*to = n
	return nil
}

func duration(name, value string, to *time.Duration) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("redis url: %s is not a duration such as 2s", name)
	}
	*to = d
	return nil
}
