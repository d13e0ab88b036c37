package attach_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"postern/internal/attach"
	"postern/internal/job"
	"postern/pkg/chat"
)

const png = "\x89PNG\r\n\x1a\n and some pixels"

// upload is a store with one job, whose request uploaded a file.
type upload struct{ contentType, body string }

func (u upload) Load(_ context.Context, id job.ID) (*job.Record, error) {
	if id != "known" {
		return nil, job.ErrUnknown
	}
	return &job.Record{Kept: job.Kept{Request: job.Request{Header: http.Header{"Content-Type": {u.contentType}}}}}, nil
}

func (u upload) Body(context.Context, job.ID) ([]byte, error) { return []byte(u.body), nil }

func form(t *testing.T) upload {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("report", `C:\fakepath\re port.png`)
	if err == nil {
		_, err = io.WriteString(part, png)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return upload{w.FormDataContentType(), b.String()}
}

func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/shot.png", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, png) })
	mux.HandleFunc("/named", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../etc/passwd"`)
		_, _ = io.WriteString(w, "text")
	})
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://[::1]:1/latest/meta-data", http.StatusFound)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/shot.png", http.StatusFound) })
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func ours() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func TestOpen(t *testing.T) {
	t.Parallel()
	at := site(t).URL
	tests := map[string]struct {
		a          chat.Attachment
		name, kind string
	}{
		"an image at an address":      {chat.Attachment{URL: at + "/shot.png"}, "shot.png", "image/png"},
		"what it is called counts":    {chat.Attachment{Name: "graph", URL: at + "/shot.png"}, "graph", "image/png"},
		"a name is never a path":      {chat.Attachment{URL: at + "/named"}, "passwd", "text/plain; charset=utf-8"},
		"what it is, not what it was": {chat.Attachment{Type: "text/html", URL: at + "/moved"}, "shot.png", "image/png"},
		"an upload":                   {chat.Attachment{Upload: "report"}, "re port.png", "image/png"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := attach.New(form(t), 1<<20, ours()).Open(t.Context(), "known", tt.a, 1<<20)
			if err != nil || file.Name != tt.name || file.Type != tt.kind || len(file.Data) == 0 {
				t.Errorf("got %q %q with %d bytes, %v; want %q %q", file.Name, file.Type, len(file.Data), err, tt.name, tt.kind)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	at := site(t).URL
	tests := map[string]struct {
		a    chat.Attachment
		id   job.ID
		most int64
		want string
	}{
		"more than the platform takes": {chat.Attachment{URL: at + "/endless"}, "known", 10_000, "too large"},
		"more than we take":            {chat.Attachment{URL: at + "/endless"}, "known", 1 << 40, "too large"},
		"an upload that is too large":  {chat.Attachment{Upload: "report"}, "known", 5, "too large"},
		"what is gone":                 {chat.Attachment{URL: at + "/gone"}, "known", 100, "410"},
		"nothing":                      {chat.Attachment{URL: at + "/empty"}, "known", 100, "empty"},
		"a way inside":                 {chat.Attachment{URL: at + "/inside"}, "known", 100, "not a public"},
		"a circle":                     {chat.Attachment{URL: at + "/circle"}, "known", 100, "too many redirects"},
		"a file of ours":               {chat.Attachment{URL: "file:///etc/passwd"}, "known", 100, "not an http"},
		"credentials in it":            {chat.Attachment{URL: "http://u:s3cret@127.0.0.1/"}, "known", 100, "not an http"},
		"no address":                   {chat.Attachment{}, "known", 100, "not an http"},
		"no such upload":               {chat.Attachment{Upload: "other"}, "known", 100, "no file"},
		"no such job":                  {chat.Attachment{Upload: "report"}, "gone", 100, "unknown job"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := attach.New(form(t), 50_000, ours()).Open(t.Context(), tt.id, tt.a, tt.most)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// An event's address is a stranger's word: what is private is refused when it is
// dialed, however it is written.
func TestNoWayInside(t *testing.T) {
	t.Parallel()
	s := site(t)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0.0.0.0", "10.0.0.1", "192.168.0.1", "172.16.0.1",
		"169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255",
	} {
		file, err := attach.New(form(t), 1<<20, nil).Open(t.Context(), "known", chat.Attachment{URL: "http://" + host + port + "/shot.png"}, 1<<20)
		if err == nil {
			t.Errorf("%s: got %d bytes, want a refusal", host, len(file.Data))
		}
	}
}
