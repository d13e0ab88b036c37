package cli

import (
	"fmt"
	"io"
	"slices"
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
	spare bool // it is left out where there is no room for all
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
	t.leaveOut(s)
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

// leaveOut drops spare columns, from the last on, until the others have room.
func (t *table) leaveOut(s *screen) {
	for i := len(t.columns) - 1; i >= 0 && s.terminal(); i-- {
		least := -len(gap)
		for n, wide := range t.natural() {
			if cut := t.columns[n].least; cut > 0 {
				wide = min(wide, cut)
			}
			least += wide + len(gap)
		}
		if least <= s.width || !t.columns[i].spare {
			continue
		}
		t.columns = slices.Delete(slices.Clone(t.columns), i, i+1)
		for n, row := range t.rows {
			t.rows[n] = slices.Delete(slices.Clone(row), i, i+1)
		}
	}
}

// natural is what the longest value of each column takes.
func (t *table) natural() []int {
	wide := make([]int, len(t.columns))
	for i, c := range t.columns {
		wide[i] = span(c.name)
		for _, row := range t.rows {
			wide[i] = max(wide[i], span(row[i].text))
		}
	}
	return wide
}

// widths cuts what the screen has no room for, always from the widest column
// that may be cut.
func (t *table) widths(s *screen) []int {
	wide := t.natural()
	over := -s.width - len(gap)
	for _, w := range wide {
		over += w + len(gap)
	}
	for ; s.terminal() && over > 0; over-- {
		widest := -1
		for i, c := range t.columns {
			if c.least > 0 && wide[i] > c.least && (widest < 0 || wide[i] > wide[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		wide[widest]--
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
