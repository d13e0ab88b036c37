package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"postern/pkg/secret"
)

const value = "correct-horse-battery-staple"

// account holds secrets where programs hold them.
type account struct {
	Token  secret.Text
	hidden secret.Text
	point  *secret.Text
	many   []secret.Text
	named  map[string]secret.Text
	deep   struct{ any any }
}

type holderOfOne struct{ Token secret.Text }

func holder() account {
	s := secret.New(value)
	a := account{
		Token: s, hidden: s, point: &s, many: []secret.Text{s}, named: map[string]secret.Text{"a": s},
	}
	a.deep.any = s
	return a
}

// holders are the shapes in which a secret reaches a printer.
func holders() map[string]any {
	s, a := secret.New(value), holder()
	return map[string]any{
		"itself":              s,
		"a pointer to it":     &s,
		"a struct":            a,
		"a pointer to struct": &a,
		"a slice":             []secret.Text{s},
		"slice of pointers":   []*secret.Text{&s},
		"an array":            [1]secret.Text{s},
		"a map's value":       map[string]secret.Text{"a": s},
		"a map's key":         map[secret.Text]int{s: 1},
		"a struct in a map":   map[string]account{"a": a},
		"structs in a slice":  []account{a},
		"pointers in a slice": []*account{&a},
		"any":                 []any{s, a},
		"an error":            fmt.Errorf("call with %v: %w", s, errors.New("refused")),
	}
}

func TestNeverPrinted(t *testing.T) {
	t.Parallel()
	for name, holder := range holders() {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%t", "%10.3s", "% x", "%!"} {
			text := fmt.Sprintf(verb, holder)
			if leaks(text) {
				t.Errorf("%s with %s: got %q, want no secret", name, verb, text)
			}
		}
		if text := fmt.Sprint(holder) + fmt.Sprintln(holder); leaks(text) {
			t.Errorf("%s with Sprint: got %q, want no secret", name, text)
		}
	}
}

func TestNeverLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for kind, h := range map[string]slog.Handler{
		"text": slog.NewTextHandler(&out, nil), "JSON": slog.NewJSONHandler(&out, nil),
	} {
		for name, holder := range holders() {
			out.Reset()
			slog.New(h).With("with", holder).WithGroup("g").InfoContext(t.Context(), "looked", "it", holder, slog.Group("in", "it", holder))
			if out.Len() == 0 || leaks(out.String()) {
				t.Errorf("%s, %s handler: got %q, want a line without the secret", name, kind, out.String())
			}
		}
	}
}

func TestNeverEncoded(t *testing.T) {
	t.Parallel()
	for name, holder := range holders() {
		text, err := json.Marshal(holder)
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
		if leaks(string(text)) {
			t.Errorf("%s: got JSON %s, want no secret", name, text)
		}
	}
	text, err := xml.Marshal(holderOfOne{secret.New(value)})
	if err != nil || leaks(string(text)) {
		t.Errorf("got XML %s and error %v, want no secret and no error", text, err)
	}
}

// leaks looks for the value in clear, in hex, and for half of it.
func leaks(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, value[:len(value)/2]) || strings.Contains(text, value[len(value)/2:]) ||
		strings.Contains(text, fmt.Sprintf("%x", value)) || strings.Contains(text, fmt.Sprintf("% x", value))
}

func TestLeaksAreSeen(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"%v", "%q", "%x", "%X", "% x"} {
		if text := fmt.Sprintf(verb, value); !leaks(text) {
			t.Errorf("a string printed with %s: got no leak in %q, want one", verb, text)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  secret.Text
		want  string
		empty bool
	}{
		"a value":        {secret.New(value), "***", false},
		"a short value":  {secret.New("x"), "***", false},
		"a long value":   {secret.New(strings.Repeat("x", 1000)), "***", false},
		"an empty value": {secret.New(""), "", true},
		"the zero Text":  {secret.Text{}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := c.text.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			shown := []string{c.text.String(), c.text.GoString(), c.text.LogValue().String(), string(encoded), fmt.Sprintf("%x", c.text)}
			for _, got := range shown {
				if got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
			if c.text.Empty() != c.empty {
				t.Errorf("got empty %v, want %v", c.text.Empty(), c.empty)
			}
		})
	}
}

func TestOnlyRevealGivesIt(t *testing.T) {
	t.Parallel()
	if got := secret.New(value).Reveal(); got != value {
		t.Errorf("got %q, want %q", got, value)
	}
	if got := (secret.Text{}).Reveal(); got != "" {
		t.Errorf("the zero Text: got %q, want nothing", got)
	}
}

func TestDecoded(t *testing.T) {
	t.Parallel()
	var c struct {
		Token secret.Text   `json:"token"`
		Many  []secret.Text `json:"many"`
		None  secret.Text   `json:"none"`
	}
	if err := json.Unmarshal([]byte(`{"token":"`+value+`","many":["a","b"]}`), &c); err != nil {
		t.Fatal(err)
	}
	if got := c.Token.Reveal(); got != value {
		t.Errorf("got %q, want %q", got, value)
	}
	if len(c.Many) != 2 || c.Many[0].Reveal() != "a" || c.Many[1].Reveal() != "b" {
		t.Errorf("got %d texts, want a and b", len(c.Many))
	}
	if !c.None.Empty() {
		t.Error("got something for what was not there, want nothing")
	}
}

func TestDecodedFromBytesThatChange(t *testing.T) {
	t.Parallel()
	var s secret.Text
	given := []byte(value)
	if err := s.UnmarshalText(given); err != nil {
		t.Fatal(err)
	}
	clear(given)
	if got := s.Reveal(); got != value {
		t.Errorf("got %q, want %q", got, value)
	}
}

func TestNonEmpty(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts []secret.Text
		want  []string
	}{
		"none":                     {nil, nil},
		"all empty":                {[]secret.Text{{}, secret.New("")}, nil},
		"in order":                 {[]secret.Text{secret.New("b"), {}, secret.New("a"), secret.New("")}, []string{"b", "a"}},
		"white space is something": {[]secret.Text{secret.New(" ")}, []string{" "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, text := range secret.NonEmpty(c.texts) {
				got = append(got, text.Reveal())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
