package verifytest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const (
	sealHeader = "X-Seal"
	timeHeader = "X-Time"
)

// seal is a sound scheme, with places where a test can break it.
type seal struct {
	secrets []secret.Text
	breaks  func(r *webhook.Request, given string, err error) error // nil: sound
	names   verify.Credentials
}

func sign(key string, r *webhook.Request) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(r.Header.Get(timeHeader) + "."))
	mac.Write(r.Body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (s *seal) Verify(_ context.Context, r *webhook.Request) error {
	err := s.verify(r)
	if s.breaks != nil {
		return s.breaks(r, r.Header.Get(sealHeader), err)
	}
	return err
}

func (s *seal) verify(r *webhook.Request) error {
	value, err := verify.Header(r, sealHeader)
	if err != nil {
		return err
	}
	stamp, err := verify.Header(r, timeHeader)
	if err != nil {
		return err
	}
	if len(s.secrets) == 0 {
		return verify.NotConfigured()
	}
	given, err := hex.DecodeString(strings.TrimPrefix(value, "v1="))
	if err != nil || !strings.HasPrefix(value, "v1=") {
		return verify.Reject("the seal cannot be decoded")
	}
	matched := false
	for _, key := range s.secrets {
		want, _ := hex.DecodeString(sign(key.Reveal(), r))
		matched = hmac.Equal(want, given) || matched
	}
	if !matched {
		return verify.Reject("the seal is wrong")
	}
	at, err := verify.Timestamp(stamp)
	if err != nil {
		return err
	}
	return verify.Fresh(at, r, 0)
}

func (s *seal) Credentials() verify.Credentials { return s.names }

func scheme(change func(*seal)) verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			s := &seal{secrets: secret.NonEmpty(secrets), names: verify.Credentials{Headers: []string{"x-seal"}}}
			if change != nil {
				change(s)
			}
			return s, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set(timeHeader, strconv.FormatInt(r.ReceivedAt.Unix(), 10))
			r.Header.Set(sealHeader, "v1="+sign(key.Reveal(), r))
		},
		Credential:    verifytest.Place{Header: sealHeader, Prefix: "v1=", Encoding: verifytest.Hex},
		SignedHeaders: []string{timeHeader},
		Tolerance:     verify.DefaultTolerance,
	}
}

func TestSoundSchemePasses(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme(nil))
}

// TestBrokenSchemesAreFound breaks the sound scheme in one way each, and wants
// the suite to name the promise that was broken.
func TestBrokenSchemesAreFound(t *testing.T) {
	t.Parallel()
	breaks := func(f func(r *webhook.Request, given string, err error) error) func(*seal) {
		return func(s *seal) { s.breaks = f }
	}
	for name, c := range map[string]struct {
		change func(*seal)
		broken string
	}{
		"accepts everything": {
			breaks(func(*webhook.Request, string, error) error { return nil }), "a stranger's secret is rejected",
		},
		"accepts without a header": {
			breaks(func(_ *webhook.Request, given string, err error) error {
				if given == "" {
					return nil
				}
				return err
			}), "what is missing or empty is ErrMissing",
		},
		"says rejected of what is missing": {
			breaks(func(_ *webhook.Request, _ string, err error) error {
				if errors.Is(err, verify.ErrMissing) {
					return verify.Reject("no")
				}
				return err
			}), "what is missing or empty is ErrMissing",
		},
		"uses the first secret only": {
			func(s *seal) { s.secrets = s.secrets[:min(1, len(s.secrets))] }, "the genuine request passes, whichever secret signed it",
		},
		"changes the request": {
			func(s *seal) {
				var once sync.Once // callers share a request in a later check
				s.breaks = func(r *webhook.Request, _ string, err error) error {
					once.Do(func() { r.Header.Set("X-Seen", "yes") })
					return err
				}
			}, "the genuine request passes, whichever secret signed it",
		},
		"takes an empty key for a secret": {
			func(s *seal) {
				if len(s.secrets) == 0 {
					s.secrets = []secret.Text{{}}
				}
			}, "without a secret everything is refused",
		},
		"ignores the body": {
			breaks(func(_ *webhook.Request, given string, err error) error {
				if len(given) == len("v1=")+64 && errors.Is(err, verify.ErrRejected) {
					return nil
				}
				return err
			}), "a changed body is rejected",
		},
		"compares the first half": {
			breaks(func(r *webhook.Request, given string, err error) error {
				if strings.HasPrefix(given, "v1="+sign("correct-horse-battery-staple", r)[:32]) {
					return nil
				}
				return err
			}), "a changed credential is rejected",
		},
		"takes the first of two headers": {
			breaks(func(r *webhook.Request, _ string, err error) error {
				if len(r.Header[sealHeader]) == 2 {
					return nil
				}
				return err
			}), "a changed credential is rejected",
		},
		"panics on what it cannot decode": {
			breaks(func(_ *webhook.Request, given string, err error) error {
				if len(given)%2 == 0 && given != "" {
					panic("odd")
				}
				return err
			}), "a changed credential is rejected",
		},
		"wants lower case": {
			breaks(func(_ *webhook.Request, given string, err error) error {
				if given != strings.ToLower(given) {
					return verify.Reject("capitals")
				}
				return err
			}), "hex is taken in either case",
		},
		"knows no clock": {
			breaks(func(_ *webhook.Request, _ string, err error) error {
				if errors.Is(err, verify.ErrOutOfRange) {
					return nil
				}
				return err
			}), "a timestamp outside the window is ErrOutOfRange",
		},
		"tells the expected signature": {
			breaks(func(r *webhook.Request, _ string, err error) error {
				if errors.Is(err, verify.ErrRejected) {
					return verify.Reject("want " + sign("correct-horse-battery-staple", r))
				}
				return err
			}), "a changed body is rejected",
		},
		"tells the secret": {
			breaks(func(_ *webhook.Request, _ string, err error) error {
				if errors.Is(err, verify.ErrRejected) {
					return verify.Reject("the key is correct-horse-battery-staple")
				}
				return err
			}), "a stranger's secret is rejected",
		},
		"an error of its own kind": {
			breaks(func(_ *webhook.Request, _ string, err error) error {
				if err != nil {
					return errors.New("no")
				}
				return nil
			}), "a stranger's secret is rejected",
		},
		"names the wrong credential": {
			func(s *seal) { s.names = verify.Credentials{Headers: []string{"X-Other"}} },
			"a request without its credentials does not verify and holds no secret",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := verifytest.Faults(scheme(c.change))
			if err != nil {
				t.Fatal(err)
			}
			if faults[c.broken] == nil {
				t.Errorf("got faults in %q, want one in %q", slices.Sorted(maps.Keys(faults)), c.broken)
			}
		})
	}
}

// plainly keeps its secret in a string, which fmt prints.
type plainly struct {
	*seal
	key string
}

func TestPrintedSecretIsFound(t *testing.T) {
	t.Parallel()
	s := scheme(nil)
	sound := s.New
	s.New = func(secrets ...secret.Text) (verify.Verifier, error) {
		v, err := sound(secrets...)
		inner, _ := v.(*seal)
		if len(secrets) == 0 {
			return v, err
		}
		return plainly{seal: inner, key: secrets[0].Reveal()}, err
	}
	faults, err := verifytest.Faults(s)
	if err != nil {
		t.Fatal(err)
	}
	if faults["a verifier does not print its secrets"] == nil {
		t.Errorf("got faults %v, want one for the printed secret", faults)
	}
}

func TestUnusableSchemes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*verifytest.Scheme){
		"no New":         func(s *verifytest.Scheme) { s.New = nil },
		"no Sign":        func(s *verifytest.Scheme) { s.Sign = nil },
		"one secret":     func(s *verifytest.Scheme) { s.Secrets = []secret.Text{secret.New("long enough")} },
		"a short secret": func(s *verifytest.Scheme) { s.Secrets = []secret.Text{secret.New("long enough"), secret.New("short")} },
		"New fails": func(s *verifytest.Scheme) {
			s.New = func(...secret.Text) (verify.Verifier, error) { return nil, errors.New("no") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scheme(nil)
			change(&s)
			if _, err := verifytest.Faults(s); err == nil {
				t.Error("got no error, want one")
			}
		})
	}
}

func TestFuzzFindsForgeries(t *testing.T) {
	t.Parallel()
	if err := verifytest.Forgery(scheme(nil), "v1=00"); err != nil {
		t.Errorf("a sound scheme: got %v, want nil", err)
	}
	anything := scheme(func(s *seal) { s.breaks = func(*webhook.Request, string, error) error { return nil } })
	if err := verifytest.Forgery(anything, "v1=00"); err == nil {
		t.Error("a scheme that accepts everything: got nil, want a fault")
	}
	panics := scheme(func(s *seal) { s.breaks = func(*webhook.Request, string, error) error { panic("no") } })
	if err := verifytest.Forgery(panics, "v1=00"); err == nil {
		t.Error("a scheme that panics: got nil, want a fault")
	}
}

func TestSettingsFaults(t *testing.T) {
	t.Parallel()
	type config struct {
		Token string `yaml:"token"`
	}
	d := verify.Define("strict", func(c config, _ verify.Keys) (*seal, error) {
		if c.Token == "" {
			return nil, errors.New("token: none is set")
		}
		return &seal{}, nil
	})
	for name, c := range map[string]struct {
		settings verifytest.Settings
		ok       bool
	}{
		"taken as said":              {verifytest.Settings{Written: config{Token: "a"}}, true},
		"refused as said":            {verifytest.Settings{Written: config{}, Fault: "token"}, true},
		"taken against expectation":  {verifytest.Settings{Written: config{Token: "a"}, Fault: "token"}, false},
		"refused against it":         {verifytest.Settings{Written: config{}}, false},
		"refused for another reason": {verifytest.Settings{Written: config{}, Fault: "header"}, false},
		"settings of another scheme": {verifytest.Settings{Written: struct{}{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := verifytest.Fault(c.settings, d); (err == nil) != c.ok {
				t.Errorf("got fault %v, want none: %v", err, c.ok)
			}
		})
	}
}

// TestOtherPlaces: a credential among others in one value, and one in the body.
func TestOtherPlaces(t *testing.T) {
	t.Parallel()
	listed := scheme(nil)
	listed.Credential = verifytest.Place{
		Header: sealHeader, Encoding: verifytest.Hex,
		Cut: func(value string) (before, credential, after string) { return value[:3], value[3:], "" },
	}
	unplaced := scheme(nil)
	unplaced.Credential = verifytest.Place{}
	unplaced.SignedHeaders = nil
	lost := scheme(nil)
	lost.Credential.Prefix = "v2="
	for name, c := range map[string]struct {
		scheme verifytest.Scheme
		faults int
	}{"found by Cut": {listed, 0}, "not named": {unplaced, 0}, "not where it is said to be": {lost, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := verifytest.Faults(c.scheme)
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) != c.faults {
				t.Errorf("got %d faults, want %d: %v", len(faults), c.faults, faults)
			}
		})
	}
}
