package telegram

import "sync"

// maxMoves is how many groups are remembered; another takes the place of any.
const maxMoves = 1000

// moves are the groups that have become supergroups, by their old ids: no second
// message asks for them in vain. Safe for concurrent use.
type moves struct {
	mu sync.Mutex
	to map[any]int64
}

// now gives the id that a chat has by now.
func (m *moves) now(id any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	if to, ok := m.to[id]; ok {
		return to
	}
	return id
}

func (m *moves) remember(id any, to int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.to == nil {
		m.to = map[any]int64{}
	}
	if len(m.to) >= maxMoves {
		for old := range m.to {
			delete(m.to, old)
			break
		}
	}
	m.to[id] = to
}
