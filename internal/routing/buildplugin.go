package routing

import (
	"errors"
	"maps"
	"regexp"
	"slices"

	"postern/internal/config"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/none"
)

var pluginKey = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// goPlugin mounts a plugin written in Go, and puts what is written over it.
func (b *builder) goPlugin(p plugin.Plugin, c *config.Plugin) {
	at := c.Settings
	if at.IsZero() {
		at = c.At.Without("webhooks")
	}
	var unfit error
	decode := func(into any) error { //nolint:unparam // Mount wants an error: see below why there is none
		unfit = errors.Join(unfit, c.Settings.DecodeNaming(into, b.checkSetting))
		return nil // it mounts nevertheless, and what is written over its endpoints is checked too
	}
	mounted, err := guard(func() ([]plugin.Endpoint, error) { return p.Mount(decode) })
	if unfit != nil {
		b.fault(at.Wrap(unfit))
		b.unsettled(p.Key, mounted, c)
		return
	}
	if err != nil {
		b.fault(at.Wrap(err))
		b.unmounted(c)
		return
	}
	for i := range mounted {
		m := &mounted[i]
		over := c.Webhooks[m.Endpoint]
		place := c.At.Field("webhooks").Field(m.Endpoint)
		if over == nil {
			over = &config.Endpoint{At: place}
		}
		b.mount(p.Key, m, over)
	}
	b.checkPaths(p.Key, mounted, c)
}

// checkSetting refuses a chat that nobody defined.
func (b *builder) checkSetting(at config.Node, name string) {
	if name != "" {
		b.fault(at.Wrap(at.Shown(b.checkChat(name), "no such chat")))
	}
}

// checkPaths refuses what is written over endpoints that there are not.
func (b *builder) checkPaths(key string, mounted []plugin.Endpoint, c *config.Plugin) {
	known := map[string]bool{}
	for _, m := range mounted {
		known[m.Endpoint] = true
	}
	for _, path := range slices.Sorted(maps.Keys(c.Webhooks)) {
		if !known[path] {
			b.fault(c.Webhooks[path].At.Itself().Wrap(unknown("endpoint of "+key, path, known)))
		}
	}
}

// unsettled checks what is written over the endpoints of a plugin whose settings
// have a fault: all but what may follow from that.
func (b *builder) unsettled(key string, mounted []plugin.Endpoint, c *config.Plugin) {
	b.unmounted(c)
	for i := range mounted {
		if over := c.Webhooks[mounted[i].Endpoint]; over != nil {
			b.checkOverrides(&mounted[i], over)
		}
	}
	if len(mounted) > 0 {
		b.checkPaths(key, mounted, c)
	}
}

// unmounted checks what is written over endpoints that no plugin mounted.
func (b *builder) unmounted(c *config.Plugin) {
	for _, path := range slices.Sorted(maps.Keys(c.Webhooks)) {
		b.unbuilt(c.Webhooks[path])
	}
}

// mount builds one endpoint of a Go plugin.
func (b *builder) mount(key string, m *plugin.Endpoint, c *config.Endpoint) {
	b.checkOverrides(m, c)
	if (m.Respond == nil) == (m.Handle == nil) || m.Accept != nil && m.Handle == nil {
		b.fault(c.At.Itself().Wrap(errOneWay))
	}
	e := &Endpoint{
		Plugin: key, Path: m.Endpoint, Name: m.Name, Description: m.Description,
		Methods: m.Methods, MaxBody: m.MaxBody, Go: m,
		Source: m.Source, SourceName: first(m.SourceName, genericSource), Keys: b.keys(c),
	}
	if e.Source == nil {
		e.Source = b.generic(c)
	}
	b.override(e, c)
	if e.Source == nil {
		return
	}
	e.Verifier = b.mountedVerification(e, c)
	b.finish(e, c.At)
}

// generic makes the source of an endpoint that has none.
func (b *builder) generic(c *config.Endpoint) source.Source {
	def, ok := b.sources[genericSource]
	if !ok {
		b.fault(c.At.Itself().Errorf("this program has no source %q", genericSource))
		return nil
	}
	src, err := guard(func() (source.Source, error) { return def.Build(config.Node{}.Decode) })
	if err != nil {
		b.fault(c.At.Itself().Wrap(err))
		return nil
	}
	return src
}

// checkOverrides refuses keys that cannot be put over what a plugin mounted.
func (b *builder) checkOverrides(m *plugin.Endpoint, c *config.Endpoint) {
	for _, key := range []string{"source", "run", "forward"} {
		if c.Has(key) {
			b.fault(c.At.Field(key).Errorf("a plugin written in Go mounted this endpoint: its %s cannot be written", key))
		}
	}
	if len(c.Notify) > 0 && m.Respond != nil {
		b.fault(c.At.Field("notify").Errorf("this endpoint answers at once and makes no job: there is nothing to tell"))
	}
	b.fault(c.Own.Without("source", "run", "forward").Decode(&struct{}{}))
}

// mountedVerification gives the check of a mounted endpoint: what `verify`
// says, else what the plugin set, else what its source brings.
func (b *builder) mountedVerification(e *Endpoint, c *config.Endpoint) verify.Verifier {
	signed, isSigned := e.Source.(source.Signed)
	rekeyed := c.Has("secrets") || c.Has("tolerance")
	switch {
	case c.Has("verify"):
		return b.checks(c, e.Keys)
	case e.Go.Verify != nil && !rekeyed:
		return b.mountedVerifier(e.Go.Verify, c)
	case isSigned:
		return b.sourceVerifier(signed, e.Keys, c)
	case rekeyed:
		b.fault(c.At.Itself().Errorf("secrets and tolerance have no use here: the plugin verifies in its own way, write verify to replace it"))
	case len(c.AllowIPs) == 0 && !c.At.Field("allow_ips").Told():
		b.fault(c.At.Itself().Errorf("the plugin mounted this endpoint without verification"))
	}
	return none.Verifier{}
}

func (b *builder) mountedVerifier(v verify.Verifier, c *config.Endpoint) verify.Verifier {
	if _, open := v.(none.Verifier); open {
		b.warn(c.At, nothingVerified)
	}
	if !configured(v, !unkeyed(v)) {
		b.warn(c.At, "the secret is empty, every call will be refused")
	}
	return v
}

// sourceVerifier is the source's own check. Without a secret it refuses all:
// the program starts, and says so.
func (b *builder) sourceVerifier(s source.Signed, keys verify.Keys, c *config.Endpoint) verify.Verifier {
	v, err := verifierOf(s, keys)
	switch {
	case err != nil && len(c.Secrets) > 0:
		b.fault(verificationPlace(c).Wrap(err))
	case err != nil:
		v = verify.All()
	}
	if len(c.Secrets) == 0 && !configured(v, false) {
		b.warn(c.At, "the secret is empty, every call will be refused")
	}
	return v
}
