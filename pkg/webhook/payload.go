package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ErrPayload is what every fault of a body's form is: not the JSON or the form
// that its Content-Type declares.
var ErrPayload = errors.New("invalid payload")

// File is one uploaded file. Its name is the caller's word: show it, never use
// it as a path.
type File struct {
	Name        string // without any folder, in UTF-8; empty where there was nothing else
	ContentType string
	Content     []byte
}

// Form is a decoded form: fields, and files where it was multipart.
type Form struct {
	Values url.Values
	Files  map[string][]File
}

// MediaType gives the media type of Content-Type in lower case, without its
// parameters; empty where there is none or it cannot be read.
func (r *Request) MediaType() string {
	t, _ := r.contentType()
	return t
}

// contentType forgives parameters out of form, as long as the type is clear.
func (r *Request) contentType() (mediaType string, params map[string]string) {
	t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return "", nil
	}
	return t, params
}

// IsJSON reports whether the body is declared to be JSON.
func (r *Request) IsJSON() bool {
	t := r.MediaType()
	return t == "application/json" || t == "text/json" || strings.HasSuffix(t, "+json")
}

// IsForm reports whether the body is declared to be a form.
func (r *Request) IsForm() bool {
	t := r.MediaType()
	return t == "application/x-www-form-urlencoded" || t == "multipart/form-data"
}

// Payload decodes the body: JSON where it is declared (integers within 64 bits
// as int64, other numbers as float64), a form as a map of first values in
// UTF-8, a form's payload= field of JSON as that JSON; otherwise nil. A JSON
// object that is called a form, as `curl -d` calls all it sends, is that object.
// What is called text, or nothing, is JSON where it is an object or a list: SNS
// and many scripts send it so. Of a GET without a body it is a
// payload= of JSON in the query. A body that is not what it is declared to be is ErrPayload.
func (r *Request) Payload() (any, error) {
	if text, ok := r.QueryField("payload"); ok {
		return undeclared([]byte(text)), nil
	}
	switch {
	case r.IsJSON():
		return DecodeJSON(r.Body)
	case r.IsForm():
		if v, err := DecodeJSON(r.Body); err == nil {
			if o, ok := v.(map[string]any); ok {
				return o, nil
			}
		}
		form, err := r.Form()
		if err != nil {
			return nil, err
		}
		if p := form.Values.Get("payload"); p != "" {
			if v, err := DecodeJSON([]byte(p)); err == nil {
				return v, nil
			}
		}
		return form.first(), nil
	case r.IsText():
		return undeclared(r.Body), nil
	default:
		return nil, nil
	}
}

// IsText reports whether the body is declared to be a text, or nothing that can
// be read.
func (r *Request) IsText() bool {
	t := r.MediaType()
	return !r.IsJSON() && (t == "" || strings.HasPrefix(t, "text/"))
}

// QueryField gives a field of the query of a GET without a body, as Gitea and
// its kin can be told to send their payload. One that stands there twice is
// none: which of them was signed?
func (r *Request) QueryField(name string) (string, bool) {
	if r.Method != http.MethodGet || len(r.Body) > 0 {
		return "", false
	}
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil || len(query[name]) != 1 {
		return "", false
	}
	return query.Get(name), true
}

// undeclared gives the JSON of an object or a list that nobody said is JSON,
// nil where it is none: a word or a number alone is as well a text.
func undeclared(text []byte) any {
	begins := bytes.TrimLeft(bytes.TrimPrefix(text, []byte(byteOrderMark)), " \t\r\n")
	if len(begins) == 0 || begins[0] != '{' && begins[0] != '[' {
		return nil
	}
	v, err := DecodeJSON(text)
	if err != nil {
		return nil
	}
	return v
}

// first gives the first value of each field. Old devices send Latin-1, which
// filters, templates and chats cannot take.
func (f Form) first() map[string]any {
	first := make(map[string]any, len(f.Values))
	for k, v := range f.Values {
		first[validUTF8(k)] = validUTF8(v[0])
	}
	return first
}

func validUTF8(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// Form decodes a declared form, urlencoded or multipart, within the body's own
// size. A body that is no such form is ErrPayload.
func (r *Request) Form() (Form, error) {
	switch t, params := r.contentType(); t {
	case "":
		return Form{}, fmt.Errorf("%w: Content-Type cannot be read", ErrPayload)
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return Form{}, fmt.Errorf("%w: the body is not a urlencoded form", ErrPayload)
		}
		return Form{Values: values}, nil
	case "multipart/form-data":
		return r.multipart(params["boundary"])
	default:
		return Form{}, fmt.Errorf("%w: a form is expected", ErrPayload)
	}
}

// maxParts bounds what a body of tiny parts can cost; no form has as many.
const maxParts = 1000

func (r *Request) multipart(boundary string) (Form, error) {
	if boundary == "" {
		return Form{}, fmt.Errorf("%w: multipart without a boundary", ErrPayload)
	}
	form := Form{Values: url.Values{}, Files: map[string][]File{}}
	parts := multipart.NewReader(bytes.NewReader(r.Body), boundary)
	for range maxParts + 1 { // and once more for the end
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a body that ends before its last boundary
			return form, nil
		}
		if err != nil {
			return Form{}, fmt.Errorf("%w: the multipart body is broken", ErrPayload)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return Form{}, fmt.Errorf("%w: the multipart body is broken", ErrPayload)
		}
		if part.FileName() == "" {
			form.Values.Add(part.FormName(), string(content))
			continue
		}
		form.Files[part.FormName()] = append(form.Files[part.FormName()], File{
			Name: baseName(part.FileName()), ContentType: part.Header.Get("Content-Type"), Content: content,
		})
	}
	return Form{}, fmt.Errorf("%w: the multipart body has too many parts", ErrPayload)
}

// baseName drops folders of any system: a browser on Windows separates with a
// backslash, which the standard library keeps elsewhere.
func baseName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if name == "." || name == ".." {
		return ""
	}
	return validUTF8(name)
}

const byteOrderMark = "\xef\xbb\xbf"

// DecodeJSON decodes one JSON value in UTF-8, with nothing behind it but white
// space; a byte order mark before it is forgiven. Integers within 64 bits come
// as int64, other numbers as float64. What is no JSON is ErrPayload.
func DecodeJSON(body []byte) (any, error) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: the body is not UTF-8", ErrPayload)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w: the body is not JSON", ErrPayload)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON value", ErrPayload)
	}
	return numbers(v)
}

// numbers puts int64 and float64 in the place of json.Number.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("%w: a number is too large", ErrPayload)
		}
		return f, nil
	case map[string]any:
		for k := range v {
			if v[k], err = numbers(v[k]); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
