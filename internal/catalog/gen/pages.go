package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// The pages that say what there is.
const (
	readme = "README.md"
	rules  = "docs/rules.md"
)

// generic speaks for what has no source of its own, so it is named last.
const generic = "generic"

// Pages gives the pages of a module's tree that name its built-ins, with the rows
// that do so written anew. What a source tells by default stands in its folder, in
// defaults.txt: one line of Markdown.
func Pages(module fs.FS) (map[string][]byte, error) {
	named := map[string][]string{}
	for _, kind := range []string{"source", "chat", "verify"} {
		folders, err := built(module, kind)
		if err != nil {
			return nil, err
		}
		named[kind] = folders
	}
	table, err := defaults(module, named["source"])
	if err != nil {
		return nil, err
	}
	pages := map[string][]byte{}
	for _, row := range []struct{ page, begins, text string }{
		{readme, "| sources |", "| sources | " + list(named["source"], generic) +
			" (JSON, forms, text, query; type and delivery id from a header or field; where `delivery_id` is written, `duplicates` holds as for the others) |"},
		{readme, "| verification |", "| verification | what the source signs with, or " + list(named["verify"], "none") +
			", `allow_ips` (also by a provider's name); several must all pass |"},
		{readme, "| chats |", "| chats | " + list(named["chat"], "http") + ": [docs/chats.md](docs/chats.md) |"},
		{rules, "| source | told", "| source | told without being asked for |\n|---|---|\n" + table},
	} {
		if pages[row.page] == nil {
			if pages[row.page], err = fs.ReadFile(module, row.page); err != nil {
				return nil, fmt.Errorf("read a page: %w", err)
			}
		}
		if pages[row.page], err = replaced(pages[row.page], row.begins, row.text); err != nil {
			return nil, fmt.Errorf("%s: %w", row.page, err)
		}
	}
	return pages, nil
}

// list names folders in code, one of them last.
func list(folders []string, last string) string {
	var names []string
	for _, f := range folders {
		if f != last {
			names = append(names, "`"+f+"`")
		}
	}
	if last != "none" { // it is no verification
		names = append(names, "`"+last+"`")
	}
	return strings.Join(names, ", ")
}

// defaults gives a row for each source; those that say the same share one.
func defaults(module fs.FS, sources []string) (string, error) {
	var said []string
	by := map[string][]string{}
	for _, name := range sources {
		text, err := fs.ReadFile(module, path.Join("pkg/source", name, "defaults.txt"))
		if err != nil {
			return "", fmt.Errorf("read what %s tells by default: %w", name, err)
		}
		line := strings.TrimSpace(string(text))
		if by[line] == nil {
			said = append(said, line)
		}
		by[line] = append(by[line], "`"+name+"`")
	}
	rows := make([]string, len(said))
	for i, line := range said {
		rows[i] = "| " + strings.Join(by[line], ", ") + " | " + line + " |"
	}
	return strings.Join(rows, "\n"), nil
}

// replaced writes a table anew, or the one row of it that begins so: a header is
// followed by its rows.
func replaced(page []byte, begins, text string) ([]byte, error) {
	at := bytes.Index(page, []byte("\n"+begins))
	if at < 0 {
		return nil, fmt.Errorf("no row begins with %q", begins)
	}
	at++
	end := at + bytes.IndexByte(page[at:], '\n')
	if strings.Contains(text, "\n") { // a whole table, up to the line that is none of it
		for end+1 < len(page) && page[end+1] == '|' {
			end += 1 + bytes.IndexByte(page[end+1:], '\n')
		}
	}
	return bytes.Join([][]byte{page[:at], []byte(text), page[end:]}, nil), nil
}
