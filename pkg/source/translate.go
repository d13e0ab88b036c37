package source

import (
	"cmp"
	"slices"

	"postern/pkg/chat"
)

// Translate puts a message's names of fields, links and attachments into a locale.
// names are by the English name that the event has; one that is not among them
// stays as it is. It copies: the event keeps its own.
func Translate(m chat.Message, l Locale, names map[string]Words) chat.Message {
	m.Fields, m.Links = slices.Clone(m.Fields), slices.Clone(m.Links)
	for i, f := range m.Fields {
		m.Fields[i].Name = cmp.Or(names[f.Name].In(l), f.Name)
	}
	for i, k := range m.Links {
		m.Links[i].Text = cmp.Or(names[k.Text].In(l), k.Text)
	}
	m.Attachments = slices.Clone(m.Attachments)
	for i, a := range m.Attachments {
		m.Attachments[i].Name = cmp.Or(names[a.Name].In(l), a.Name)
	}
	return m
}
