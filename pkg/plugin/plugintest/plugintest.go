// Package plugintest runs a plugin's endpoints without a server and without
// Redis: Mount switches a plugin on, Receive does what the receiver does with
// a request, Run what a worker does with the job. It retries nothing, sends
// nothing and decides no allow_chats: it shows what the plugin asked for.
package plugintest

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"postern/pkg/plugin"
)

// Plugin is a mounted plugin under test.
type Plugin struct {
	tb        testing.TB
	endpoints []plugin.Endpoint
}

// Mount switches p on with settings as an operator writes them: by their names
// in the config, nested as maps. A setting that p does not have fails the test,
// and so does whatever p itself refuses.
func Mount(tb testing.TB, p plugin.Plugin, settings map[string]any) Plugin {
	tb.Helper()
	if p.Mount == nil {
		tb.Fatalf("plugin %s mounts no endpoints", p.Key)
	}
	endpoints, err := p.Mount(func(into any) error { return Decode(settings, into) })
	if err != nil {
		tb.Fatalf("mount %s: %v", p.Key, err)
	}
	return Plugin{tb: tb, endpoints: endpoints}
}

// Endpoint gives the endpoint mounted under a path; none there fails the test.
func (p Plugin) Endpoint(path string) plugin.Endpoint {
	p.tb.Helper()
	for _, e := range p.endpoints {
		if e.Endpoint == path {
			return e
		}
	}
	p.tb.Fatalf("no endpoint is mounted under %s", path)
	return plugin.Endpoint{}
}

// Decode fills the struct that into points to, strictly, by its yaml tags. It
// is the decode that a Mount is given; use it to test what a plugin refuses.
func Decode(settings map[string]any, into any) error {
	return fill(reflect.ValueOf(into).Elem(), settings)
}

func fill(target reflect.Value, settings map[string]any) error {
	fields := map[string]reflect.Value{}
	if target.Kind() == reflect.Struct {
		for i := range target.NumField() {
			name, _, _ := strings.Cut(target.Type().Field(i).Tag.Get("yaml"), ",")
			fields[name] = target.Field(i)
		}
	}
	for name, value := range settings {
		field, ok := fields[name]
		if !ok || name == "" {
			return fmt.Errorf("%s: unknown key", name)
		}
		if err := assign(field, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func assign(field reflect.Value, value any) error {
	_, text := reflect.TypeAssert[encoding.TextUnmarshaler](field.Addr())
	if inner, ok := value.(map[string]any); ok && field.Kind() == reflect.Struct && !text {
		return fill(field, inner)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode setting: %w", err)
	}
	if err := json.Unmarshal(encoded, field.Addr().Interface()); err != nil {
		return fmt.Errorf("decode setting: %w", err)
	}
	return nil
}
