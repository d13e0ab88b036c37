package compat_test

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"postern/internal/catalog"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// foreign is a library of somebody else's that verifies what a service signs,
// beside the source of ours that does.
type foreign struct {
	source   string
	settings map[string]string // the source's own keys
	secret   string            // empty where a public key proves all
	request  func() *webhook.Request
	// theirs signs as the library does; nil where it cannot.
	theirs func(*testing.T, *webhook.Request)
	// ours signs as the service's documentation says, with nothing but the
	// standard library.
	ours func(*webhook.Request)
	// accepts is the library's verdict.
	accepts func(*http.Request) error
}

// TestCrossSigned: what the library signs we accept, what we sign it accepts,
// and both refuse the same changes.
func TestCrossSigned(t *testing.T) {
	t.Parallel()
	for name, f := range libraries(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := f.verifier(t, f.secret)
			if f.theirs != nil {
				signed := f.request()
				f.theirs(t, signed)
				f.both(t, v, signed, "signed by the library")
			}
			signed := f.request()
			f.ours(signed)
			f.both(t, v, signed, "signed by us")
			if f.secret == "" {
				return
			}
			if err := f.verifier(t, f.secret[:len(f.secret)-4]+"AAAA").Verify(t.Context(), signed); !errors.Is(err, verify.ErrRejected) {
				t.Errorf("with another secret: got %v, want %v", err, verify.ErrRejected)
			}
		})
	}
}

// both asks library and source about a request, as it is and changed.
func (f foreign) both(t *testing.T, v verify.Verifier, r *webhook.Request, what string) {
	t.Helper()
	if err := v.Verify(t.Context(), r); err != nil {
		t.Errorf("%s: the source refuses it: %v", what, err)
	}
	if err := f.accepts(wire(t, r)); err != nil {
		t.Errorf("%s: the library refuses it: %v", what, err)
	}
	changed := *r
	changed.Body = append(bytes.Clone(r.Body), '1')
	if err := v.Verify(t.Context(), &changed); !errors.Is(err, verify.ErrRejected) {
		t.Errorf("%s, its body changed: the source says %v, want %v", what, err, verify.ErrRejected)
	}
	if f.accepts(wire(t, &changed)) == nil {
		t.Errorf("%s, its body changed: the library takes it", what)
	}
}

// verifier is what the source of the catalog brings.
func (f foreign) verifier(t *testing.T, written string) verify.Verifier {
	t.Helper()
	var keys verify.Keys
	if written != "" {
		keys.Secrets = []secret.Text{secret.New(written)}
	}
	return verification(t, f.source, f.settings, keys)
}

// verification makes the check that a source brings.
func verification(t *testing.T, name string, settings map[string]string, keys verify.Keys) verify.Verifier {
	t.Helper()
	for _, d := range catalog.Sources() {
		if d.Name != name {
			continue
		}
		s, err := d.Build(fill(settings))
		if err != nil {
			t.Fatalf("build the source %s: %v", name, err)
		}
		signed, ok := s.(source.Signed)
		if !ok {
			t.Fatalf("the source %s brings no verification", name)
		}
		v, err := signed.Verification(keys)
		if err != nil {
			t.Fatalf("the verification of %s: %v", name, err)
		}
		return v
	}
	t.Fatalf("this version has no source %s", name)
	return nil
}

// fill is the config's decoder for keys that hold text, and for schemes' lists
// of secrets.
func fill(settings map[string]string) func(any) error {
	return func(into any) error {
		config := reflect.ValueOf(into).Elem()
		for i := range config.NumField() {
			key, _, _ := strings.Cut(config.Type().Field(i).Tag.Get("yaml"), ",")
			value, written := settings[key]
			if !written {
				continue
			}
			switch field := config.Field(i).Addr().Interface().(type) {
			case *string:
				*field = value
			case *secret.Text:
				*field = secret.New(value)
			}
		}
		return nil
	}
}

// wire is a request as a library is given it.
func wire(t *testing.T, r *webhook.Request) *http.Request {
	t.Helper()
	out, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	out.Header = r.Header.Clone()
	return out
}

// arrives makes requests that arrive now: the libraries have no other clock.
func arrives(contentType, body string, header ...string) func() *webhook.Request {
	return func() *webhook.Request {
		r := payload{body: []byte(body)}.request()
		r.ReceivedAt = time.Now()
		r.Header.Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
}

// refused is the verdict of a library that says no more than no.
func refused(accepted bool) error {
	if accepted {
		return nil
	}
	return errors.New("refused")
}
