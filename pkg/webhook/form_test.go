package webhook_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/webhook"
)

// parts writes a multipart body with the boundary x: a Content-Disposition and
// a content for each part.
func parts(dispositionsAndContents ...string) string {
	var b strings.Builder
	for i := 0; i < len(dispositionsAndContents); i += 2 {
		b.WriteString("--x\r\nContent-Disposition: " + dispositionsAndContents[i] + "\r\n")
		b.WriteString("Content-Type: text/csv\r\n\r\n" + dispositionsAndContents[i+1] + "\r\n")
	}
	return b.String() + "--x--\r\n"
}

func TestForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contentType string
		body        string
		want        webhook.Form
	}{
		"urlencoded": {
			"application/x-www-form-urlencoded; charset=UTF-8", "a=1&a=2&b=%20x+y&c",
			webhook.Form{Values: url.Values{"a": {"1", "2"}, "b": {" x y"}, "c": {""}}},
		},
		"multipart fields": {
			"multipart/form-data; boundary=x", parts(`form-data; name="a"`, "1", `form-data; name="a"`, "2\r\n3"),
			webhook.Form{Values: url.Values{"a": {"1", "2\r\n3"}}, Files: map[string][]webhook.File{}},
		},
		"a file and a field": {
			"multipart/form-data; boundary=x", parts(`form-data; name="f"; filename="r.csv"`, "a,b\n\x00\xff", `form-data; name="a"`, "1"),
			webhook.Form{
				Values: url.Values{"a": {"1"}},
				Files:  map[string][]webhook.File{"f": {{Name: "r.csv", ContentType: "text/csv", Content: []byte("a,b\n\x00\xff")}}},
			},
		},
		"an input without a file is a field": {
			"multipart/form-data; boundary=x", parts(`form-data; name="f"; filename=""`, ""),
			webhook.Form{Values: url.Values{"f": {""}}, Files: map[string][]webhook.File{}},
		},
		"no line break at the end": {
			"multipart/form-data; boundary=x", strings.TrimSpace(parts(`form-data; name="a"`, "1")),
			webhook.Form{Values: url.Values{"a": {"1"}}, Files: map[string][]webhook.File{}},
		},
		"as many parts as may be": {
			"multipart/form-data; boundary=x", strings.Repeat("--x\r\n\r\n\r\n", 1000) + "--x--\r\n",
			webhook.Form{Values: url.Values{"": make([]string, 1000)}, Files: map[string][]webhook.File{}},
		},
		"no part at all": {
			"multipart/form-data; boundary=x", "--x--\r\n",
			webhook.Form{Values: url.Values{}, Files: map[string][]webhook.File{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := request(c.contentType, c.body).Form()
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestFileNamesHaveNoFolder(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`filename="report.pdf"`:                      "report.pdf",
		`filename="/etc/passwd"`:                     "passwd",
		`filename="../../etc/passwd"`:                "passwd",
		`filename="C:\\Users\\me\\report.pdf"`:       "report.pdf",
		`filename="..\\..\\report.pdf"`:              "report.pdf",
		`filename="a/b\\c/d\\report.pdf"`:            "report.pdf",
		`filename="folder/"`:                         "folder",
		`filename=".."`:                              "",
		`filename="a/.."`:                            "",
		`filename="a\\.."`:                           "",
		`filename="."`:                               "",
		`filename="/"`:                               "",
		`filename="\\"`:                              "",
		`filename=".profile"`:                        ".profile",
		`filename*=UTF-8''%E6%97%A5%2Freport.pdf`:    "report.pdf",
		`filename*=UTF-8''%E6%97%A5%5Creport.pdf`:    "report.pdf",
		`filename="日本語.pdf"`:                         "日本語.pdf",
		"filename=\"w\xf6rld.pdf\"":                  "w\uFFFDrld.pdf",
		`filename="...."`:                            "....",
		`filename="report.pdf"; x="/etc/shadow.pdf"`: "report.pdf",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			form, err := request("multipart/form-data; boundary=x", parts(`form-data; name="f"; `+given, "1")).Form()
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if len(form.Files["f"]) != 1 {
				t.Fatalf("got files %v, want one", form.Files)
			}
			if got := form.Files["f"][0].Name; got != want {
				t.Errorf("got name %q, want %q", got, want)
			}
		})
	}
}

func TestBrokenForms(t *testing.T) {
	t.Parallel()
	const multipart = "multipart/form-data; boundary=x"
	for name, r := range map[string]*webhook.Request{
		"no Content-Type":       {Body: []byte("a=1")},
		"a Content-Type broken": request("a b c", "a=1"),
		"JSON":                  request("application/json", "{}"),
		"another multipart":     request("multipart/mixed; boundary=x", parts(`form-data; name="a"`, "1")),
		"an escape broken":      request("application/x-www-form-urlencoded", "%"),
		"no boundary":           request("multipart/form-data", parts(`form-data; name="a"`, "1")),
		"an empty boundary":     request(`multipart/form-data; boundary=""`, parts(`form-data; name="a"`, "1")),
		"another boundary":      request("multipart/form-data; boundary=y", parts(`form-data; name="a"`, "1")),
		"an empty body":         request(multipart, ""),
		"the end is cut off":    request(multipart, strings.TrimSuffix(parts(`form-data; name="a"`, "1"), "--x--\r\n")),
		"cut within a part":     request(multipart, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"),
		"cut within a header":   request(multipart, "--x\r\nContent-Dispo"),
		"a header broken":       request(multipart, "--x\r\nno header\r\n\r\n1\r\n--x--\r\n"),
		"too many parts":        request(multipart, strings.Repeat("--x\r\n\r\n\r\n", 1001)+"--x--\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Form()
			if !errors.Is(err, webhook.ErrPayload) {
				t.Errorf("got %+v and error %v, want %v", got, err, webhook.ErrPayload)
			}
		})
	}
}

// FuzzForm: whatever the body and its Content-Type are, a form or ErrPayload.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte("payload=%7B%7D&a=1"))
	f.Add("application/x-www-form-urlencoded", []byte("a=%ff;b"))
	f.Add("multipart/form-data; boundary=x", []byte(parts(`form-data; name="a"`, "1", `form-data; name="f"; filename="a\\b/c"`, "2")))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\n\r\n"))
	f.Add("application/json; charset", []byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := &webhook.Request{Header: http.Header{"Content-Type": {contentType}}, Body: body}
		form, err := r.Form()
		if err != nil && !errors.Is(err, webhook.ErrPayload) {
			t.Errorf("got error %v, want %v", err, webhook.ErrPayload)
		}
		for _, files := range form.Files {
			for _, file := range files {
				if strings.ContainsAny(file.Name, `/\`) || file.Name == "." || file.Name == ".." || !utf8.ValidString(file.Name) {
					t.Errorf("got file name %q, want one without a folder", file.Name)
				}
			}
		}
		v, err := r.Payload()
		if err != nil && !errors.Is(err, webhook.ErrPayload) {
			t.Errorf("got error %v, want %v", err, webhook.ErrPayload)
		}
		fields, _ := v.(map[string]any)
		for name, value := range fields {
			if text, ok := value.(string); !utf8.ValidString(name) || ok && !utf8.ValidString(text) {
				t.Errorf("got field %q: %q, want UTF-8", name, value)
			}
		}
	})
}
