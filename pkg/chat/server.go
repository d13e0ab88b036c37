package chat

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"postern/pkg/secret"
)

// dialTimeout bounds the opening of a connection, TLS included.
const dialTimeout = 10 * time.Second

// Server is where a platform is that speaks no HTTP: what an address such as
// smtps://user:password@host:465 says. It holds no connection.
type Server struct {
	Address  string // host:port
	Host     string
	User     string
	Password secret.Text
	// Encrypted: its scheme says that TLS comes before anything else.
	Encrypted bool
	// Plain: it may be spoken to without TLS, as it is this machine or the
	// config says so.
	Plain bool
	// TLS is a client's side of it. Certificates are always checked.
	TLS *tls.Config
}

// Scheme is one way to reach a Server.
type Scheme struct {
	Port      string // where the address names none
	Encrypted bool
}

// ParseServer reads an address of one of these schemes. ca, where it is not
// empty, holds the certificates in PEM that are trusted in the place of the
// system's; plaintext allows a host that is not this machine to be spoken to in
// clear. Its error does not show the address, which may hold a password.
func ParseServer(raw, ca secret.Text, plaintext bool, schemes map[string]Scheme) (Server, error) {
	u, err := url.Parse(raw.Reveal())
	switch {
	case raw.Empty():
		return Server{}, errors.New("is missing")
	case err != nil:
		return Server{}, errors.New("is no URL")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return Server{}, errors.New("holds more than user, password, host and port")
	case u.Hostname() == "":
		return Server{}, errors.New("has no host")
	}
	scheme, ok := schemes[u.Scheme]
	if !ok {
		return Server{}, errors.New("has another scheme than it should")
	}
	port := u.Port()
	if port == "" {
		port = scheme.Port
	}
	s := Server{
		Address: net.JoinHostPort(u.Hostname(), port), Host: u.Hostname(), User: u.User.Username(),
		Encrypted: scheme.Encrypted, Plain: plaintext || loopback(u.Hostname()),
	}
	password, _ := u.User.Password()
	s.Password = secret.New(password)
	s.TLS, err = clientTLS(s.Host, ca)
	return s, err
}

func clientTLS(host string, ca secret.Text) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if ca.Empty() {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM([]byte(ca.Reveal())) {
		return nil, errors.New("cannot be trusted: ca holds no certificate in PEM")
	}
	return config, nil
}

// loopback reports whether host can only be this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Dial connects, with TLS where the scheme says so, within ten seconds. Its
// error means that nothing was said.
func (s Server) Dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := &net.Dialer{KeepAlive: 30 * time.Second}
	dial := dialer.DialContext
	if s.Encrypted {
		dial = (&tls.Dialer{NetDialer: dialer, Config: s.TLS}).DialContext
	}
	conn, err := dial(ctx, "tcp", s.Address)
	if err != nil {
		return nil, Broke(ctx, "not sent", err)
	}
	return conn, nil
}

// Broke is the error of a connection that failed, or that was given up because
// ctx ended: then that is the reason, and wrapped.
func Broke(ctx context.Context, doing string, err error) error {
	if end := ctx.Err(); end != nil {
		return fmt.Errorf("%s: %w", doing, end)
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%s: certificate: %w", doing, cert.Err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Words gives what a platform said as an error repeats it: the beginning of it,
// on one line, without these secrets.
func Words(said string, secrets ...secret.Text) string {
	var hidden []string
	for _, s := range secrets {
		hidden = append(hidden, s.Reveal())
	}
	return Answer{hide: hiding(hidden)}.shown(said)
}
