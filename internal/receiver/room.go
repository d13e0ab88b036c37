package receiver

import (
	"errors"
	"io"
	"sync/atomic"
)

// bodyRoom is how much memory all bodies together may take that are not
// refused or stored yet: anybody may send one, for it is read before it can be
// verified.
const bodyRoom = 128 << 20

// errNoRoom is a body that came while others took up all room.
var errNoRoom = errors.New("too many large bodies at once")

// room is memory that the bodies under way share. Safe for concurrent use.
type room struct {
	size int64
	used atomic.Int64
}

// guest reads a body and takes room for what it is longer than firstBuffer: a
// flood of large bodies must not keep the small ones out.
type guest struct {
	body  io.Reader
	room  *room
	read  int64
	taken int64
}

// Read reads on while there is room. A body that is alone always has room,
// however large its endpoint lets it be.
func (g *guest) Read(p []byte) (int, error) {
	n, err := g.body.Read(p)
	g.read += int64(n)
	if more := g.read - firstBuffer - g.taken; more > 0 {
		g.taken += more
		if used := g.room.used.Add(more); used > g.room.size && used > g.taken {
			return n, errNoRoom
		}
	}
	return n, err
}

// leave gives the room back.
func (g *guest) leave() {
	g.room.used.Add(-g.taken)
	g.taken = 0
}
