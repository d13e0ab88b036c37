package routing

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"postern/internal/config"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/none"
)

// written builds an endpoint that only the file knows.
func (b *builder) written(key, path string, c *config.Endpoint) {
	def, src := b.source(c)
	if src == nil {
		b.unbuilt(c)
		return
	}
	e := &Endpoint{Plugin: key, Path: path, Source: src, SourceName: def.Name}
	e.MaxBody, e.Unauthorized, e.Asked = def.MaxBody, def.Unauthorized, def.Asked
	if def.Duplicates || c.Has("delivery_id") { // who says where it stands wants it looked at
		e.Window, e.Content = b.cfg.Duplicates.Window, b.cfg.Duplicates.Content
	}
	b.override(e, c)
	e.Keys = b.keys(c)
	e.Verifier = b.verification(e, c)
	b.finish(e, c.At)
}

// unbuilt checks what can be checked of an endpoint without its source.
func (b *builder) unbuilt(c *config.Endpoint) {
	b.rules(c.Notify)
	b.allowIPs(c)
	b.checkChats(c.At.Field("allow_chats"), c.AllowChats)
	if c.Has("verify") {
		b.checks(c, b.keys(c))
	}
}

// source builds what speaks at an endpoint; nil where a fault was told.
func (b *builder) source(c *config.Endpoint) (source.Definition, source.Source) {
	name := first(c.Source, genericSource)
	def, ok := b.sources[name]
	switch {
	case c.At.Field("source").Told():
		return def, nil
	case !ok:
		at := c.At.Field("source")
		b.fault(at.Wrap(at.Shown(unknown(kindSource, name, b.sources), "no such source")))
		return def, nil
	}
	src, err := guard(func() (source.Source, error) { return def.Build(c.Own.Decode) })
	if err == nil && src == nil {
		err = fmt.Errorf("the source %s was not made", name)
	}
	if err != nil {
		b.fault(c.Own.Wrap(err))
		return def, nil
	}
	return def, src
}

// override puts what is written over what an endpoint has, all but its
// verification.
func (b *builder) override(e *Endpoint, c *config.Endpoint) {
	e.Name = first(c.Name, e.Name)
	e.Description = first(c.Description, e.Description)
	if c.Has("methods") {
		e.Methods = c.Methods
	}
	if c.MaxBody > 0 {
		e.MaxBody = int64(c.MaxBody)
	}
	if c.Has("duplicates") && c.Duplicates != nil {
		e.Window, e.Content = c.Duplicates.Window, c.Duplicates.Content
	}
	e.AllowIPs, e.AllowFrom = b.allowIPs(c)
	e.AllowChats = c.AllowChats
	e.Locale, e.Verbosity, e.Disabled = c.Locale, c.Verbosity, c.Disabled
	e.Rules = b.rules(c.Notify)
	b.checkChats(c.At.Field("allow_chats"), c.AllowChats)
}

// finish fills in what every endpoint has, and mounts it.
func (b *builder) finish(e *Endpoint, at config.Node) {
	if e.MaxBody <= 0 {
		e.MaxBody = int64(b.cfg.HTTP.MaxBody)
	}
	e.Name = first(e.Name, e.Path)
	e.Locale = first(e.Locale, b.cfg.Locale, source.English)
	e.Verbosity = first(e.Verbosity, b.cfg.Verbosity, source.Normal)
	methods := make([]string, 0, len(e.Methods))
	for _, m := range e.Methods {
		if m == "" || strings.ContainsFunc(m, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ',' }) {
			b.fault(at.Field("methods").Errorf("%q is no method", m))
		}
		methods = append(methods, strings.ToUpper(m))
	}
	slices.Sort(methods)
	e.Methods = slices.Compact(methods)
	b.checkParams(e, at)
	b.mounted = append(b.mounted, mount{endpoint: e, at: at})
}

// checkParams refuses a check of a path parameter that the path does not have.
func (b *builder) checkParams(e *Endpoint, at config.Node) {
	for _, name := range e.secretParams() {
		if !slices.Contains(strings.Split(e.Path, "/"), "{"+name+"}") {
			b.fault(at.Field("verify").Errorf("the path %s has no parameter {%s}", e.Path, name))
		}
	}
}

// verification gives the check of a written endpoint: what `verify` says, else
// what its source brings, else allow_ips. Nothing unverified can exist.
func (b *builder) verification(e *Endpoint, c *config.Endpoint) verify.Verifier {
	if c.Has("verify") {
		return b.checks(c, e.Keys)
	}
	signed, ok := e.Source.(source.Signed)
	switch {
	case ok:
		v, err := verifierOf(signed, e.Keys)
		if err == nil && len(e.Keys.Secrets) == 0 && !configured(v, false) {
			err = verify.ErrNotConfigured
		}
		b.fault(verificationFault(c, err))
		return v
	case len(c.Secrets) > 0:
		b.fault(c.At.Field("secrets").Itself().Errorf("the source %s does not say how they are used: write verify", e.SourceName))
	case len(c.AllowIPs) == 0 && !c.At.Field("allow_ips").Told():
		b.fault(c.At.Field("verify").Errorf("none is written, and the source %s brings none: nothing would prove a caller genuine", e.SourceName))
	case slices.ContainsFunc(e.AllowIPs, func(p netip.Prefix) bool { return p.Bits() == 0 }):
		b.warn(c.At.Field("allow_ips"), nothingVerified)
	}
	return none.Verifier{}
}

// keys are what an endpoint gives to its checks. Where the file's secrets have
// a fault that is told, a made-up one lets the rest be checked: what is built
// of such a file is never used.
func (b *builder) keys(c *config.Endpoint) verify.Keys {
	keys := verify.Keys{Secrets: c.Secrets, Tolerance: c.Tolerance, Fetch: b.fetch}
	if len(c.Secrets) == 0 && b.cfg.Err() != nil && c.At.Field("secrets").Told() {
		keys.Secrets = []secret.Text{secret.New(rand.Text())}
	}
	return keys
}

func verifierOf(s source.Signed, keys verify.Keys) (verify.Verifier, error) {
	v, err := guard(func() (verify.Verifier, error) { return s.Verification(keys) })
	if err == nil && v == nil {
		err = errors.New("the source made no verification")
	}
	return v, err
}

// configured asks a Verifier whether it has what it needs to let anybody in.
// Most cannot say; one that works without a secret must.
func configured(v verify.Verifier, otherwise bool) bool {
	if c, ok := v.(interface{ Configured() bool }); ok {
		return c.Configured()
	}
	return otherwise
}

func verificationFault(c *config.Endpoint, err error) error {
	switch {
	case err == nil:
		return nil
	case len(c.Secrets) > 0:
		return verificationPlace(c).Wrap(err)
	case errors.Is(err, verify.ErrNotConfigured):
		return c.At.Field("secrets").Errorf("none is set")
	default: // it names the key of its own that is missing
		return verificationPlace(c).Wrap(err)
	}
}

// verificationPlace is an endpoint less the keys that have no part in proving a
// caller genuine: a fault in those explains none of the verification's.
func verificationPlace(c *config.Endpoint) config.Node {
	return c.At.Without("name", "description", "methods", "allow_ips", "allow_chats", "notify", "max_body",
		"duplicates", "locale", "verbosity", "disabled", "run", "forward")
}

const nothingVerified = "nothing is verified, anybody may call this endpoint"

// checks builds what `verify` lists. All of it must pass.
func (b *builder) checks(c *config.Endpoint, keys verify.Keys) verify.Verifier {
	all := make([]verify.Verifier, 0, len(c.Verify))
	for _, at := range c.Verify {
		if v := b.check(at, keys); v != nil {
			all = append(all, v)
		}
	}
	open := func(v verify.Verifier) bool { _, open := v.(none.Verifier); return open }
	if len(all) > 0 && !slices.ContainsFunc(all, func(v verify.Verifier) bool { return !open(v) }) {
		b.warn(c.At.Field("verify"), nothingVerified)
	}
	if len(c.Verify) == 0 {
		b.fault(c.At.Field("verify").Errorf("no check is written; to let everybody in, write verify: none"))
	}
	return verify.All(all...)
}

// check builds one entry of `verify`; nil where a fault was told.
func (b *builder) check(at config.Node, keys verify.Keys) verify.Verifier {
	var name string
	if err := at.Field("type").Decode(&name); err != nil {
		b.fault(err)
		return nil
	}
	scheme, ok := b.schemes[name]
	switch {
	case name == "":
		b.fault(at.Field("type").Errorf("is missing"))
		return nil
	case !ok:
		at := at.Field("type")
		b.fault(at.Wrap(at.Shown(unknown(kindScheme, name, b.schemes), "no such verification scheme")))
		return nil
	}
	v, err := guard(func() (verify.Verifier, error) { return scheme.Build(at.Without("type").Decode, keys) })
	if err == nil && v == nil {
		err = fmt.Errorf("the scheme %s made no verification", name)
	}
	if err != nil {
		b.fault(at.Wrap(err))
		return nil
	}
	return v
}
