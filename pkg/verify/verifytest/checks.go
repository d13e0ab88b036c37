package verifytest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func genuine(s *subject) error {
	keys := s.Secrets
	if s.OneSecret {
		keys = keys[:1]
	}
	for n, key := range keys {
		r := s.signed(key)
		before := clone(r)
		if err := accepts(s.all, r, fmt.Sprintf("signed with secret %d of %d", n+1, len(keys))); err != nil {
			return err
		}
		if !reflect.DeepEqual(r, before) {
			return errors.New("the verifier changed the request, want it to read only")
		}
	}
	return nil
}

func stranger(s *subject) error {
	if err := accepts(s.one, s.signed(s.Secrets[0]), "signed with the secret"); err != nil {
		return err
	}
	forged := s.signed(s.Secrets[1])
	if err := s.refuses(s.one, forged, verify.ErrRejected, "signed with another secret"); err != nil {
		return err
	}
	if says, _ := s.explained(s.one, forged, ask(s.one, forged), ""); says != "" {
		return fmt.Errorf("signed with another secret: the verifier explains it with %q, want nothing claimed", says)
	}
	return nil
}

func missing(s *subject) error {
	signed := s.signed(s.Secrets[0])
	if s.Credential.known() {
		faults := []error{
			s.refuses(s.all, clone(s.Request), verify.ErrMissing, "not signed at all"),
			s.refuses(s.all, s.Credential.write(signed), verify.ErrMissing, "without the credential"),
			s.refuses(s.all, s.Credential.write(signed, ""), verify.ErrMissing, "with an empty credential"),
			s.refuses(s.all, &webhook.Request{}, verify.ErrMissing, "an empty request"),
		}
		if err := errors.Join(faults...); err != nil {
			return err
		}
	} else if ask(s.all, clone(s.Request)) == nil {
		return errors.New("not signed at all: the verifier accepted it")
	}
	for _, name := range s.SignedHeaders {
		gone, empty := clone(signed), clone(signed)
		gone.Header.Del(name)
		empty.Header.Set(name, "")
		if err := s.refuses(s.all, gone, verify.ErrMissing, "without "+name); err != nil {
			return err
		}
		if err := s.refuses(s.all, empty, verify.ErrMissing, "with an empty "+name); err != nil {
			return err
		}
	}
	return nil
}

func unconfigured(s *subject) error {
	for what, secrets := range map[string][]secret.Text{"no secret": nil, "an empty secret": {noSecret()}} {
		v, err := s.New(secrets...)
		if err != nil {
			continue // refused at start: nothing can be asked
		}
		if v == nil {
			return fmt.Errorf("%s: New gave neither a verifier nor an error", what)
		}
		if err := s.refuses(v, s.signed(s.Secrets[0]), verify.ErrNotConfigured, what+", a signed request"); err != nil {
			return err
		}
		for forgery, r := range map[string]*webhook.Request{
			"signed with an empty key": s.signed(noSecret()),
			"not signed":               clone(s.Request),
		} {
			if ask(v, r) == nil {
				return fmt.Errorf("%s: a request that is %s was accepted", what, forgery)
			}
		}
	}
	return nil
}

func changedBody(s *subject) error {
	signed := s.signed(s.Secrets[0])
	if s.BodyUnsigned {
		return accepts(s.all, signed, "unchanged")
	}
	bodies := flips(signed.Body)
	bodies["empty"] = nil
	bodies["doubled"] = bytes.Repeat(signed.Body, 2)
	bodies["with a newline at the end"] = append(bytes.Clone(signed.Body), '\n')
	bodies["one byte short"] = signed.Body[:len(signed.Body)-1]
	for what, body := range bodies {
		r := clone(signed)
		r.Body = body
		if err := s.refuses(s.all, r, verify.ErrRejected, "body "+what); err != nil {
			return err
		}
	}
	return nil
}

func changedHeaders(s *subject) error {
	signed := s.signed(s.Secrets[0])
	for _, name := range s.SignedHeaders {
		value := signed.Header.Get(name)
		changes := flips([]byte(value))
		changes["doubled"] = []byte(value + value)
		for what, changed := range changes {
			r := clone(signed)
			r.Header.Set(name, string(changed))
			if err := s.refuses(s.all, r, verify.ErrRejected, name+" "+what); err != nil {
				return err
			}
		}
		r := clone(signed)
		r.Header.Add(name, value)
		if err := s.refuses(s.all, r, verify.ErrRejected, name+" given twice"); err != nil {
			return err
		}
	}
	return nil
}

// flips gives b with each single bit changed.
func flips(b []byte) map[string][]byte {
	changed := make(map[string][]byte, 8*len(b))
	for i := range 8 * len(b) {
		c := bytes.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		changed[fmt.Sprintf("with bit %d of byte %d changed", i%8, i/8)] = c
	}
	return changed
}

func window(s *subject) error {
	if s.Tolerance == 0 {
		return nil
	}
	for what, c := range map[string]struct {
		late time.Duration
		want error
	}{
		"just old enough":    {late: s.Tolerance},
		"just early enough":  {late: -s.Tolerance},
		"too old":            {late: s.Tolerance + time.Second, want: verify.ErrOutOfRange},
		"from the future":    {late: -s.Tolerance - time.Second, want: verify.ErrOutOfRange},
		"a century too old":  {late: 100 * 365 * 24 * time.Hour, want: verify.ErrOutOfRange},
		"a century too soon": {late: -100 * 365 * 24 * time.Hour, want: verify.ErrOutOfRange},
	} {
		r := s.signed(s.Secrets[0])
		r.ReceivedAt = r.ReceivedAt.Add(c.late)
		fault := accepts(s.all, r, what)
		if c.want != nil {
			fault = s.refuses(s.all, r, c.want, what)
		}
		if fault != nil {
			return fault
		}
	}
	if s.BodyUnsigned {
		return nil
	}
	forged := s.signed(s.Secrets[0])
	forged.ReceivedAt = forged.ReceivedAt.Add(2 * s.Tolerance)
	forged.Body = append(forged.Body, ' ')
	return s.refuses(s.all, forged, verify.ErrRejected, "too old and forged")
}

func stripped(s *subject) error {
	signed := s.signed(s.Secrets[0])
	kept := without(signed, s.one.Credentials())
	if ask(s.one, kept) == nil {
		return fmt.Errorf("a request less the credentials %+v still verifies", s.one.Credentials())
	}
	var text strings.Builder
	_ = http.Header.Write(kept.Header, &text)
	fmt.Fprint(&text, kept.RawQuery, " ", kept.URL, " ", kept.Path, " ", kept.Params)
	if s.holdsSecret(text.String()) {
		return fmt.Errorf("a request less the credentials %+v still holds a secret", s.one.Credentials())
	}
	return nil
}

func printed(s *subject) error {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s.holdsSecret(fmt.Sprintf(verb, s.all)) {
			return fmt.Errorf("the verifier printed with %s shows a secret: keep it in a secret.Text", verb)
		}
	}
	return nil
}

func concurrent(s *subject) error {
	const callers, calls = 8, 20
	genuine, forged := s.signed(s.Secrets[0]), clone(s.Request)
	faults := make([]error, callers)
	var group sync.WaitGroup
	for n := range callers {
		group.Go(func() {
			for range calls {
				faults[n] = errors.Join(faults[n], accepts(s.all, genuine, "many callers at once"))
				if ask(s.all, forged) == nil {
					faults[n] = errors.New("many callers at once: an unsigned request was accepted")
				}
				_ = s.all.Credentials()
			}
		})
	}
	group.Wait()
	return errors.Join(faults...)
}
