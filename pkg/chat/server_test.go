package chat_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/secret"
)

func schemes() map[string]chat.Scheme {
	return map[string]chat.Scheme{"x": {Port: "10"}, "xs": {Port: "20", Encrypted: true}}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]chat.Server{
		"x://mail.example.com":          {Address: "mail.example.com:10", Host: "mail.example.com"},
		"xs://mail.example.com/":        {Address: "mail.example.com:20", Host: "mail.example.com", Encrypted: true},
		"x://bob@mail.example.com:2525": {Address: "mail.example.com:2525", Host: "mail.example.com", User: "bob"},
		"x://b%40c:p%3Aw@localhost":     {Address: "localhost:10", Host: "localhost", User: "b@c", Password: secret.New("p:w"), Plain: true},
		"x://[::1]":                     {Address: "[::1]:10", Host: "::1", Plain: true},
		"x://127.0.0.9:1":               {Address: "127.0.0.9:1", Host: "127.0.0.9", Plain: true},
		"x://localhost.example.com":     {Address: "localhost.example.com:10", Host: "localhost.example.com"},
		"x://192.168.1.1":               {Address: "192.168.1.1:10", Host: "192.168.1.1"},
	} {
		got, err := chat.ParseServer(secret.New(raw), secret.Text{}, false, schemes())
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if got.TLS == nil || got.TLS.ServerName != want.Host || got.TLS.InsecureSkipVerify {
			t.Errorf("%s: TLS is not checked against the host", raw)
		}
		if got.Password.Reveal() != want.Password.Reveal() {
			t.Errorf("%s: another password", raw)
		}
		got.TLS, got.Password, want.Password = nil, secret.Text{}, secret.Text{}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", raw, got, want)
		}
	}
	allowed, err := chat.ParseServer(secret.New("x://far.example.com"), secret.Text{}, true, schemes())
	if err != nil || !allowed.Plain {
		t.Errorf("plaintext was asked for: got %+v, %v", allowed, err)
	}
}

func TestParseServerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, ca string }{
		"nothing":             {raw: ""},
		"no URL":              {raw: "x://u:secret-word@h:port"},
		"no host":             {raw: "x://u:secret-word@"},
		"another scheme":      {raw: "http://u:secret-word@h"},
		"a path":              {raw: "x://u:secret-word@h/secret-word"},
		"a query":             {raw: "x://u:secret-word@h?secret-word"},
		"no scheme":           {raw: "h:10"},
		"a ca that is no PEM": {raw: "x://u:secret-word@h", ca: "secret-word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := chat.ParseServer(secret.New(c.raw), secret.New(c.ca), false, schemes())
			if err == nil {
				t.Fatal("nothing wrong was found")
			}
			if strings.Contains(err.Error(), "secret-word") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	s, err := chat.ParseServer(secret.New("xs://"+silent.Addr().String()), secret.Text{}, false, schemes())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := silent.Accept(); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
		cancel()
	}()
	if _, err := s.Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial gave %v, want it to wrap %v", err, context.Canceled)
	}
}

func TestWordsShowNoSecret(t *testing.T) {
	t.Parallel()
	got := chat.Words("550 no\r\nsuch \x1b user hunter2 "+strings.Repeat("x", 900), secret.New("hunter2"), secret.Text{})
	if !strings.HasPrefix(got, "550 no such user *** x") || chat.Runes.Len(got) > 300 {
		t.Errorf("got %q", got)
	}
}
