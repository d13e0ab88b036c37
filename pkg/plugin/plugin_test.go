package plugin_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"postern/pkg/plugin"
)

func TestDefineMountsWithSettings(t *testing.T) {
	t.Parallel()
	errDecode, errMount := errors.New("decode"), errors.New("mount")
	tests := map[string]struct {
		decoded, mounted error
		want             error
	}{
		"mounted":                {nil, nil, nil},
		"settings do not fit":    {errDecode, nil, errDecode},
		"settings make no sense": {nil, errMount, errMount},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plugin.Define("acme.one", func(path string) ([]plugin.Endpoint, error) {
				return []plugin.Endpoint{{Endpoint: path}}, tt.mounted
			})
			endpoints, err := p.Mount(func(into any) error {
				reflect.ValueOf(into).Elem().SetString("/one")
				return tt.decoded
			})
			if p.Key != "acme.one" || !errors.Is(err, tt.want) {
				t.Fatalf("got key %s and %v, want acme.one and %v", p.Key, err, tt.want)
			}
			if err == nil && (len(endpoints) != 1 || endpoints[0].Endpoint != "/one") {
				t.Errorf("endpoints: got %+v, want /one", endpoints)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want plugin.Refusal
	}{
		"invalid":   {plugin.Invalid("%s is missing", "name"), plugin.Refusal{Status: 400, Code: "invalid_payload", Detail: "name is missing"}},
		"forbidden": {plugin.Forbidden("quota", "%d a day", 3), plugin.Refusal{Status: 403, Code: "quota", Detail: "3 a day"}},
		"wrapped":   {fmt.Errorf("read: %w", plugin.Invalid("no")), plugin.Refusal{Status: 400, Code: "invalid_payload", Detail: "no"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := plugin.RefusalIn(tt.err)
			if !ok || *got != tt.want {
				t.Fatalf("RefusalIn: got %+v, %t; want %+v", got, ok, tt.want)
			}
			if got.Error() != tt.want.Detail {
				t.Errorf("Error: got %q, want the detail", got.Error())
			}
		})
	}
	if got, ok := plugin.RefusalIn(errors.New("another")); ok {
		t.Errorf("RefusalIn of another error: got %+v, want none", got)
	}
}
