package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// cell is one value of a table.
type cell struct {
	text string
	tone tone
}

// column is one column of a table.
type column struct {
	name  string
	least int // it may be cut to so many columns of the screen; 0: never
	right bool
}

// table is rows under a head.
type table struct {
	columns []column
	rows    [][]cell
}

func (t *table) add(cells ...cell) {
	for i := range cells {
		cells[i].text = oneLine(cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

// gap stands between columns.
const gap = "  "

// print writes a table as wide as the screen at most; what must not be cut may
// make it wider.
func (t *table) print(w io.Writer, s *screen) error {
	head := make([]cell, len(t.columns))
	for i, c := range t.columns {
		head[i] = cell{c.name, loud}
	}
	wide := t.widths(s)
	var b strings.Builder
	for _, row := range append([][]cell{head}, t.rows...) {
		t.line(&b, s, row, wide)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// widths gives every column what its longest value takes, and cuts from the
// last column on what the screen has no room for.
func (t *table) widths(s *screen) []int {
	wide := make([]int, len(t.columns))
	over := -s.width - len(gap)
	for i, c := range t.columns {
		wide[i] = span(c.name)
		for _, row := range t.rows {
			wide[i] = max(wide[i], span(row[i].text))
		}
		over += wide[i] + len(gap)
	}
	for i := len(wide) - 1; i >= 0 && s.terminal() && over > 0; i-- {
		if least := t.columns[i].least; least > 0 && wide[i] > least {
			cut := min(over, wide[i]-least)
			wide[i], over = wide[i]-cut, over-cut
		}
	}
	return wide
}

func (t *table) line(b *strings.Builder, s *screen, row []cell, wide []int) {
	var line strings.Builder
	for i, c := range row {
		text := fit(c.text, wide[i])
		blank := strings.Repeat(" ", wide[i]-span(text))
		if t.columns[i].right {
			line.WriteString(blank + s.paint(text, c.tone) + gap)
		} else {
			line.WriteString(s.paint(text, c.tone) + blank + gap)
		}
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// span is how many columns of a terminal a text takes: an East Asian wide
// character takes two (Unicode, annex 11), a mark none.
func span(text string) int {
	n := 0
	for _, r := range text {
		n += spanOf(r)
	}
	return n
}

func spanOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// fit cuts a text that is wider than there is room.
func fit(text string, room int) string {
	if span(text) <= room {
		return text
	}
	used := 0
	for i, r := range text {
		if used+spanOf(r) > room-1 {
			return text[:i] + "…"
		}
		used += spanOf(r)
	}
	return text
}

// oneLine keeps what a stranger wrote within its cell.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, printable(text))
	return strings.TrimSpace(text)
}

// pairs writes names and values, one a line, less what is empty.
func pairs(b *strings.Builder, rows ...[2]string) {
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(b, "%-12s %s\n", row[0], oneLine(row[1]))
		}
	}
}
