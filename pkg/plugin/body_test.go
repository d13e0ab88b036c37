package plugin_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/plugin"
	"postern/pkg/webhook"
)

type order struct {
	Item  string   `json:"item"`
	Count int      `json:"count"`
	Paid  bool     `json:"paid"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
	Buyer struct {
		Name string `json:"name"`
	} `json:"buyer"`
}

func TestBodyTakesWhatFits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want order
	}{
		"its members":       {`{"item":"tea","count":2}`, order{Item: "tea", Count: 2}},
		"unknown members":   {`{"item":"tea","more":[1]}`, order{Item: "tea"}},
		"null as nothing":   {`null`, order{}},
		"a byte order mark": {"\xef\xbb\xbf" + `{"paid":true}`, order{Paid: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := plugin.Body[order](&webhook.Request{Body: []byte(tt.body)})
			if err != nil {
				t.Fatalf("Body: got %v, want no error", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodyRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, detail string }{
		"nothing":            {``, "the body is not JSON"},
		"no JSON":            {`{"item":`, "the body is not JSON"},
		"two values":         {`{} {}`, "something follows the JSON value"},
		"not UTF-8":          {"{\"item\":\"\xff\"}", "the body is not UTF-8"},
		"a list":             {`[]`, "the body must be an object"},
		"a number as string": {`{"item":1}`, "item must be a string"},
		"a string as number": {`{"count":"1"}`, "count must be a whole number"},
		"a fraction":         {`{"count":1.5}`, "count must be a whole number"},
		"a word as price":    {`{"price":"much"}`, "price must be a number"},
		"a word as flag":     {`{"paid":"yes"}`, "paid must be true or false"},
		"one tag":            {`{"tags":"a"}`, "tags must be a list"},
		"a nested member":    {`{"buyer":{"name":[]}}`, "buyer.name must be a string"},
		"no object":          {`{"buyer":"me"}`, "buyer must be an object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plugin.Body[order](&webhook.Request{Body: []byte(tt.body)})
			got, ok := plugin.RefusalIn(err)
			if !ok {
				t.Fatalf("Body: got %v, want a refusal", err)
			}
			want := plugin.Refusal{Status: 400, Code: "invalid_payload", Detail: tt.detail}
			if *got != want {
				t.Errorf("refusal: got %+v, want %+v", *got, want)
			}
		})
	}
}

func TestCheckBody(t *testing.T) {
	t.Parallel()
	typed := plugin.Types{Body: plugin.TypeOf[order]()}
	tests := map[string]struct {
		types             plugin.Types
		contentType, body string
		fits              bool
		method            string
	}{
		"what fits":                     {typed, "application/json", `{"item":"tea"}`, true, "POST"},
		"what does not fit":             {typed, "application/json", `{"item":1}`, false, "POST"},
		"no JSON":                       {typed, "application/json; charset=utf-8", `item`, false, "POST"},
		"a kind of JSON":                {typed, "application/cloudevents+json", `[]`, false, "POST"},
		"another media type":            {typed, "text/plain", `[]`, false, "PUT"},
		"another media type that fits":  {typed, "text/plain", `{"item":"tea"}`, true, "POST"},
		"a form":                        {typed, "application/x-www-form-urlencoded", `item=tea`, false, "POST"},
		"nothing declared of itself":    {typed, "", `[]`, false, "PATCH"},
		"no body":                       {typed, "", "", false, "POST"},
		"no body of a method with none": {typed, "", "", true, "GET"},
		"a body of a method with none":  {typed, "application/json", `[]`, false, "DELETE"},
		"nothing declared of the type":  {plugin.Types{}, "application/json", `[]`, true, "POST"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: tt.method, Header: http.Header{"Content-Type": {tt.contentType}}, Body: []byte(tt.body)}
			err := tt.types.CheckBody(r)
			if refusal, ok := plugin.RefusalIn(err); (err == nil) != tt.fits || ok == tt.fits || ok && refusal.Status != 400 {
				t.Errorf("CheckBody: got %v, want fits %t", err, tt.fits)
			}
		})
	}
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{``, `{}`, `{"item":"tea","count":2}`, `{"buyer":{"name":1}}`, "\xef\xbb\xbf{}", `[1e999]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := plugin.Body[order](&webhook.Request{Body: body})
		if refusal, ok := plugin.RefusalIn(err); err != nil && (!ok || refusal.Status != 400) {
			t.Errorf("Body(%q): got %v, want nothing but a 400", body, err)
		}
	})
}
