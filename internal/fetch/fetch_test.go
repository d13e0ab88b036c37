package fetch_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"postern/internal/fetch"
)

func TestGet(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer http.HandlerFunc
		want   string // empty: an error
	}{
		"a key":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("key")) }, "key"},
		"not found":  {http.NotFound, ""},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, ""},
		"more than it may be": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), fetch.MaxBytes+1))
		}, ""},
		"an answer that stops": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewTLSServer(tt.answer)
			defer server.Close()
			got, err := fetch.NewWith(server.Client().Transport).Get(t.Context(), server.URL+"/key")
			if string(got) != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %d bytes, %v, want %q", len(got), err, tt.want)
			}
		})
	}
}

func TestAnErrorNamesNoAddress(t *testing.T) {
	t.Parallel()
	_, err := fetch.New().Get(t.Context(), "https://127.0.0.1:1/?Token=s3cret")
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v, want an error without the address", err)
	}
}

func TestManyCallersAskOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("key"))
	}))
	defer server.Close()
	f := fetch.NewWith(server.Client().Transport)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if got, err := f.Get(context.Background(), server.URL); string(got) != "key" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d calls were made, want 1", n)
	}
}

func TestACallerThatLeftSpoilsNothing(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("key")) }))
	defer server.Close()
	f := fetch.NewWith(server.Client().Transport)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Get(gone, server.URL); err == nil {
		t.Fatal("a caller that left was answered")
	}
	if got, err := f.Get(t.Context(), server.URL); string(got) != "key" || err != nil {
		t.Errorf("the next one got %q, %v", got, err)
	}
}

func TestWhatIsNotPublicHTTPSIsNeverCalled(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	f, lists := fetch.New(), fetch.NewLists()
	for _, address := range []string{
		"", "http://example.org/key", "ftp://example.org", "https://", "https://user:pass@example.org", "://",
		server.URL, "https://127.0.0.1:1", "https://10.0.0.1", "https://192.168.1.1", "https://169.254.169.254/", "https://[::1]:1",
		"https://[fe80::1]", "https://100.64.0.1", "https://[::ffff:10.0.0.1]", "https://0.0.0.0",
	} {
		if got, err := f.Get(t.Context(), address); err == nil {
			t.Errorf("%q gave %q", address, got)
		}
		if got, err := lists.Get(t.Context(), address); err == nil {
			t.Errorf("%q gave the list %q", address, got)
		}
	}
	if called {
		t.Error("a loopback address was called")
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for address, free := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "169.254.169.254": false, "100.100.100.200": false,
		"168.63.129.16": false, "fd00:ec2::254": false, "fec0::1": false, "::10.0.0.1": false, "::ffff:10.0.0.1": false,
		"2001:0:a00:1::1": false, "2002:a00:1::1": false, "64:ff9b::10.0.0.1": false,
	} {
		if err := fetch.Guard(nil)("tcp", net.JoinHostPort(address, "443"), nil); (err == nil) != free {
			t.Errorf("%s: got %v, want it free: %t", address, err, free)
		}
	}
	if fetch.Guard(nil)("tcp", "nowhere", nil) == nil {
		t.Error("what is no address is free")
	}
}

func TestListsAreLongerThanKeysAndAlwaysFresh(t *testing.T) {
	t.Parallel()
	size := fetch.MaxBytes + 1
	asked := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write(bytes.Repeat([]byte("x"), size))
	}))
	defer server.Close()
	f := fetch.NewListsWith(server.Client().Transport)
	for range 2 {
		if got, err := f.Get(t.Context(), server.URL); len(got) != size || err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
	if asked != 2 {
		t.Errorf("%d calls were made, want 2", asked)
	}
	size = fetch.MaxListBytes + 1
	if got, err := f.Get(t.Context(), server.URL); err == nil {
		t.Errorf("got %d bytes", len(got))
	}
}
