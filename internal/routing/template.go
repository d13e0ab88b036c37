package routing

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"postern/pkg/chat"
)

const (
	templateBytes = 64 << 10               // of output
	templateTime  = 250 * time.Millisecond // of one rendering
)

// What ends a rendering early.
var (
	errTemplateFull  = errors.New("the output is longer than 64 KiB")
	errTemplateTime  = errors.New("the template takes too long on this event")
	errTemplateEmpty = errors.New("the template gave no text")
)

// Template words a message: a Go template over .event, .payload, .headers and
// .query. Its own text may use markup; whatever an action prints is escaped.
// A missing value is empty at any depth. It reaches plain data only, never a
// method, and it is bounded in time and size. Safe for concurrent use.
//
// Beside and, or and not it knows the functions that templateFuncs documents.
type Template struct{ parsed *template.Template }

// ParseTemplate compiles a template; a function that nobody knows, a template
// that calls itself and any fault of syntax are errors.
func ParseTemplate(text string) (*Template, error) {
	parsed, err := template.New("template").Funcs(templateFuncs()).Parse(text)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	if err := rewriteTemplates(parsed); err != nil {
		return nil, err
	}
	return &Template{parsed: parsed}, nil
}

// render gives the text, and whether it had to be cut.
func (t *Template) render(data map[string]any) (text chat.Text, cut bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			text, cut, err = nil, false, fmt.Errorf("the template broke: %v", p)
		}
	}()
	run, err := t.parsed.Clone()
	if err != nil {
		return nil, false, fmt.Errorf("prepare template: %w", err)
	}
	out := &bounded{left: templateBytes}
	deadline := time.Now().Add(templateTime)
	err = run.Funcs(template.FuncMap{funcTick: func() (string, error) {
		if time.Now().After(deadline) {
			return "", errTemplateTime
		}
		return "", nil
	}}).Execute(out, data)
	if errors.Is(err, errTemplateFull) {
		cut, err = true, nil
	}
	if err != nil {
		return nil, false, err
	}
	if text = chat.ParseText(out.text.String()); strings.TrimSpace(text.String()) == "" {
		return nil, false, errTemplateEmpty
	}
	return text, cut, nil
}

// bounded keeps what fits, cut on a character boundary, and refuses the rest.
type bounded struct {
	text strings.Builder
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) <= b.left {
		b.left -= len(p)
		return b.text.Write(p)
	}
	kept := cutBytes(string(p), b.left)
	b.left = 0
	b.text.WriteString(kept)
	return len(kept), errTemplateFull
}

// cutBytes cuts s to at most n bytes on a character boundary.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
