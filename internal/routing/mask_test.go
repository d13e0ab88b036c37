package routing_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/path"
	"postern/pkg/webhook"
)

func tokenEndpoint(pattern string) *routing.Endpoint {
	return &routing.Endpoint{
		Plugin: "acme.devices", Path: pattern, Source: named(source.Identity{Type: "event"}),
		Verifier: verify.All(path.Verifier{Param: "token", Tokens: []secret.Text{secret.New("t0ken")}}),
	}
}

func TestMaskPath(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ pattern, path, want string }{
		"alone":                 {"/{token}", "/t0ken", "/***"},
		"within":                {"/in/{token}/{id}", "/in/t0ken/7", "/in/***/7"},
		"as it was escaped":     {"/in/{token}", "/in/%740ken", "/in/***"},
		"the same word before":  {"/t0ken/{token}", "/t0ken/t0ken", "/t0ken/***"},
		"a trailing slash":      {"/in/{token}/", "/in/t0ken/", "/in/***/"},
		"a path that is no fit": {"/a/b/{token}", "/a", "/a"},
		"no such parameter":     {"/in/{id}", "/in/t0ken", "/in/t0ken"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tokenEndpoint(tt.pattern).MaskPath(tt.path); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestIntakeKeepsNoTokenOfThePath(t *testing.T) {
	t.Parallel()
	const address = "https://hooks.example.org/api/plugin/acme.devices/webhook"
	for name, tt := range map[string]struct{ url, want string }{
		"as it is called":                    {address + "/in/%740ken/7?a=1&key=x", address + "/in/***/7?a=1&key=***"},
		"without a query":                    {address + "/in/%740ken/7", address + "/in/***/7"},
		"where nobody knows where it stands": {"https://hooks.example.org/t0ken?a=1", "***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			params := map[string]string{"token": "t0ken", "id": "7"}
			r := &webhook.Request{Method: "POST", Path: "/in/%740ken/7", Params: params, RawQuery: "a=1&key=x", URL: tt.url}
			in, err := tokenEndpoint("/in/{token}/{id}").Intake(r)
			if err != nil {
				t.Fatal(err)
			}
			if in.Request.Path != "/in/***/7" || !maps.Equal(in.Request.Params, map[string]string{"token": "***", "id": "7"}) {
				t.Errorf("got path %q and parameters %v", in.Request.Path, in.Request.Params)
			}
			if in.Request.URL != tt.want {
				t.Errorf("got URL %q, want %q", in.Request.URL, tt.want)
			}
			if params["token"] != "t0ken" {
				t.Error("the request itself was changed")
			}
			if read, err := json.Marshal(routing.Request(in.Request)); err != nil || strings.Contains(string(read), "0ken") {
				t.Errorf("what a worker reads holds the token: %s, %v", read, err)
			}
		})
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	open, err := routing.NewTable(&routing.Endpoint{Plugin: "acme.repos", Path: "/github", Verifier: verify.All()})
	if err != nil {
		t.Fatal(err)
	}
	if got := open.Shown("/gthub/x"); got != "/gthub/x" {
		t.Errorf("without tokens in paths: got %q, want the path", got)
	}
	table, err := routing.NewTable(tokenEndpoint("/in/{token}"), &routing.Endpoint{Plugin: "acme.repos", Path: "/github", Verifier: verify.All()})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/in/t0ken/": "/in/***/", "//in/t0ken": "//in/***", "/in/t0ken%2F": "/in/***", "/in/a/t0ken": "/in/***/***",
		"/github/": "/github/", "/gthub": "/***", "t0ken": "***", "": "",
	} {
		if got := table.Shown(path); got != want {
			t.Errorf("Shown(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestACheckOfAParameterThatIsNotThereIsAFault(t *testing.T) {
	t.Parallel()
	p := parts()
	p.Schemes = append(p.Schemes, path.Definition())
	hook := func(pattern, check string) string {
		return "plugins:\n  acme.repos:\n    webhooks:\n      " + pattern + ": {verify: " + check + "}\n"
	}
	for name, c := range map[string]struct{ file, want string }{
		"there":            {hook("/in/{token}", "{type: path, param: token, token: x}"), ""},
		"not there":        {hook("/in/{id}", "{type: path, param: token, token: x}"), "webhooks./in/{id}.verify: the path /in/{id} has no parameter {token}"},
		"a literal":        {hook("/in/token", "{type: path, param: token, token: x}"), "has no parameter {token}"},
		"one of two":       {hook("/in/{id}", "[{type: token, header: T, token: t}, {type: path, param: key, token: x}]"), "has no parameter {key}"},
		"with its bracket": {hook("/in/{token}", "{type: path, param: '{token}', token: x}"), "has no parameter {{token}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := routing.Build(parse(t, c.file), p)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
