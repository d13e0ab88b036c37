package sourcetest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// markup is text that means something to one platform or another, with an
// address that is not to be linked.
const markup = "<b>*x* & @everyone</b> [y](javascript:alert(1))\r\n\u202e\x00<!channel> _z_"

// hostile: whatever the bytes are, a source neither panics nor breaks its
// contract, and it leaves text from outside as it is.
func (s Suite) hostile(r *webhook.Request) (faults []string) {
	try := func(what string, r *webhook.Request) {
		found := s.contract(r)
		if len(found) == 0 {
			found = escapes(s.Source, r)
		}
		if len(found) > 0 {
			faults = append(faults, fmt.Sprintf("%s: %s\nbody: %.300q", what, strings.Join(found, "; "), r.Body))
		}
	}
	for name, body := range garbage() {
		try(name, withBody(r, []byte(body)))
	}
	for n := range 25 {
		try("cut short", withBody(r, r.Body[:len(r.Body)*n/25]))
	}
	dice := rand.New(rand.NewPCG(1, 2)) // the same at every run
	for range 50 {
		try("mutated", withBody(r, mutate(dice, r.Body)))
	}
	for name := range r.Header {
		c := copied(r)
		c.Header.Del(name)
		try("without "+name, c)
		c.Header.Set(name, "\x00garbage; =\xff")
		try("with a broken "+name, c)
	}
	kinds := variants(r)
	for what, body := range kinds {
		if !raced || len(kinds) < 50 || thin(what) {
			try(what, withBody(r, body))
		}
	}
	return faults
}

// thin picks one of sixteen, the same at every run.
func thin(what string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(what))
	return h.Sum32()%16 == 0
}

func garbage() map[string]string {
	return map[string]string{
		"empty":         "",
		"null":          "null",
		"list":          "[]",
		"list of lists": "[[[[1]]],{}]",
		"empty object":  "{}",
		"number":        "1e400",
		"not UTF-8":     "{\"a\":\"\xff\xfe\"}",
		"zeros":         strings.Repeat("\x00", 300),
		"deep":          strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"long":          `{"message":"` + strings.Repeat("<!--", 20000) + `"}`,
		"form":          "payload=%7B%7D&a=%ZZ&b",
	}
}

func mutate(dice *rand.Rand, body []byte) []byte {
	b := append([]byte{}, body...)
	for range 1 + dice.IntN(4) {
		if len(b) == 0 {
			return []byte{byte(dice.IntN(256))}
		}
		at := dice.IntN(len(b))
		switch dice.IntN(3) {
		case 0:
			b[at] = byte(dice.IntN(256))
		case 1:
			b = append(b[:at], b[at+1:]...)
		default:
			b = append(b[:at], append([]byte{b[at], byte(dice.IntN(128))}, b[at:]...)...)
		}
	}
	return b
}

// variants puts a value of every other kind in the place of each value of a
// JSON body, one at a time.
func variants(r *webhook.Request) map[string][]byte {
	root, err := webhook.DecodeJSON(r.Body)
	if err != nil {
		return nil
	}
	bodies := map[string][]byte{}
	walk(root, "", func(path string, set func(any)) {
		for name, v := range map[string]any{
			"null": nil, "true": true, "a number": -1.5, "text": markup, "no text": "", "a list": []any{nil, 1, markup},
			"an object": map[string]any{"name": []any{}, "html_url": "javascript:alert(1)"},
		} {
			set(v)
			if body, err := json.Marshal(root); err == nil {
				bodies[path+" is "+name] = body
			}
		}
	})
	return bodies
}

// walk visits every value inside v; visit leaves what it set, walk puts the
// old value back.
func walk(v any, path string, visit func(path string, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for name, old := range v {
			at := path + "." + name
			walk(old, at, visit)
			visit(at, func(n any) { v[name] = n })
			v[name] = old
		}
	case []any:
		for i, old := range v {
			at := fmt.Sprintf("%s[%d]", path, i)
			walk(old, at, visit)
			visit(at, func(n any) { v[i] = n })
			v[i] = old
		}
	}
}

// escapes: a source escapes nothing, because each platform's Sender does; text
// escaped twice reads as nonsense.
func escapes(s source.Source, r *webhook.Request) (faults []string) {
	events, err := s.Events(r)
	if err != nil {
		return nil
	}
	for _, e := range events {
		text := wholeText(s.Message(e, source.English, source.Full))
		for _, trace := range []string{"&lt;", "&amp;", `\*`, `\_`, `\<`, "\u200b"} {
			if strings.Contains(text, trace) && !strings.Contains(string(r.Body), trace) {
				faults = append(faults, fmt.Sprintf("the message escapes text: %q", text))
			}
		}
	}
	return faults
}

func wholeText(m chat.Message) string {
	var text strings.Builder
	text.WriteString(m.Title)
	for _, span := range m.Body {
		text.WriteString("\n" + span.Text)
	}
	for _, f := range m.Fields {
		text.WriteString("\n" + f.Name + " " + f.Value)
	}
	return text.String()
}
