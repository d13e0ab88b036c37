package verifytest

// Faults runs the suite without a testing.T: what is wrong, by promise.
func Faults(s Scheme) (map[string]error, error) {
	subject, err := s.prepare()
	if err != nil {
		return nil, err
	}
	faults := map[string]error{}
	for _, c := range checks() {
		if err := c.check(subject); err != nil {
			faults[c.promise] = err
		}
	}
	return faults, nil
}

// Forgery judges one value as Fuzz does.
func Forgery(s Scheme, value string) error {
	subject, err := s.prepare()
	if err != nil {
		return err
	}
	return subject.acceptsOnlyGenuine(s.Credential.write(subject.signed(subject.Secrets[0]), value), value)
}

// Fault judges one case as RunSettings does.
var Fault = Settings.check
