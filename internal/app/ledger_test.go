package app_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
)

// The promise: whatever dies, and whenever, an event that was answered with 202
// is told, and told twice only where its record says why. Programs are killed
// and started again, and the connections to Redis cut, while senders go on.
func TestLedgerBalances(t *testing.T) {
	t.Parallel()
	const blows, pushes = 12, 1200
	h, proxy := newLedgerHouse(t)
	h.platform.Fail(func(chattest.Call) *chattest.Answer {
		return &chattest.Answer{Status: 204, Delay: 5 * time.Millisecond, Accept: true}
	})
	programs := map[string]string{"r1": "receiver", "r2": "receiver", "w1": "worker", "w2": "worker", "w3": "worker"}
	h.mustStart("receiver", "r1", "r2")
	h.mustStart("worker", "w1", "w2", "w3")
	book := &book{ids: map[string]string{}, addresses: []string{h.running["r1"].address, h.running["r2"].address}}

	stop, began := make(chan struct{}), time.Now()
	defer close(stop)
	var senders sync.WaitGroup
	for n := range 8 {
		senders.Go(func() { book.send(n, pushes/8, stop) })
	}
	names := []string{"r1", "r2", "w1", "w2", "w3"}
	dice := rand.New(rand.NewPCG(1, 2))
	for blow := range blows {
		if err := book.awaitSize(min(book.size()+pushes/(2*blows), pushes)); err != nil {
			t.Fatal(err)
		}
		name := names[dice.IntN(len(names))]
		if blow%3 == 2 {
			proxy.Cut()
			continue
		}
		h.replace(book, name, programs[name], dice.IntN(2) == 0)
	}
	senders.Wait()
	t.Logf("%d were accepted in %v", book.size(), time.Since(began).Round(time.Millisecond))
	h.balance(t, book)
}

// newLedgerHouse is a storm house whose programs reach their Redis through a
// proxy.
func newLedgerHouse(t *testing.T) (*house, *redistest.Proxy) {
	t.Helper()
	h := newStormHouse(t, stormWith([]string{"team"}, ", ordering: none"))
	proxy := redistest.StartProxy(t, h.redis.Addr())
	file := filepath.Join(h.dir, "postern.yaml")
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	through := strings.ReplaceAll(string(config), h.redis.URL(), proxy.URL())
	if err := os.WriteFile(file, []byte(through), 0o600); err != nil {
		t.Fatal(err)
	}
	return h, proxy
}

// replace ends a program, at once or cleanly, and starts it anew.
func (h *house) replace(b *book, name, program string, atOnce bool) {
	h.tb.Helper()
	old := h.running[name]
	s := syscall.SIGTERM
	if atOnce {
		s = syscall.SIGKILL
	}
	if err := old.signal(s); err != nil {
		h.tb.Fatal(err)
	}
	code, err := old.exit(patience)
	if err == nil && !atOnce && code != 0 {
		err = fmt.Errorf("%s ended with %d after SIGTERM, want 0:\n%s", name, code, old.stderr)
	}
	if err != nil {
		h.tb.Fatal(err)
	}
	if err := old.faults(); err != nil {
		h.tb.Error(err)
	}
	h.mustStart(program, name)
	b.moved(old.address, h.running[name].address)
}

// book is what senders know: which events were accepted.
type book struct {
	mu        sync.Mutex
	ids       map[string]string // of the jobs, by message
	addresses []string          // of the receivers
	refused   int
}

// send posts until so many pushes were accepted. A sender that is refused or
// cut off comes again with the same delivery, as good senders do.
func (b *book) send(sender, n int, stop <-chan struct{}) {
	s := newSender()
	for i := range n {
		message := fmt.Sprintf("change-%d-%04d", sender, i)
		for try := 0; ; try++ {
			select {
			case <-stop:
				return
			default:
			}
			a, err := s.do(push(b.address(sender+try), stormPath, "s3cret", "delivery-"+message, "main", message))
			if err == nil && a.is("202") == nil {
				b.write(message, a.member("job_id"))
				break
			}
			b.write("", "")
		}
	}
}

func (b *book) address(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addresses[n%len(b.addresses)]
}

func (b *book) write(message, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if message == "" {
		b.refused++
		return
	}
	b.ids[message] = id
}

func (b *book) moved(from, to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, a := range b.addresses {
		if a == from {
			b.addresses[i] = to
		}
	}
}

func (b *book) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ids)
}

// awaitSize waits until n were accepted.
func (b *book) awaitSize(n int) error {
	return within(patience, func() error {
		if got := b.size(); got < n {
			return fmt.Errorf("%d accepted, want %d", got, n)
		}
		return nil
	})
}

// balance closes the book: every accepted event is told, twice only where its
// record explains it.
func (h *house) balance(t *testing.T, b *book) {
	t.Helper()
	began := time.Now()
	h.allDelivered(b.ids, 2*patience)
	t.Logf("all were delivered %v later", time.Since(began).Round(time.Millisecond))
	all := tellings(t, h.platform.Messages())
	heard := map[string]bool{}
	for _, one := range all {
		heard[one.job] = true
	}
	lost := 0
	for message, id := range b.ids {
		if !heard[id] {
			lost++
			t.Errorf("%s was accepted as %s and never told", message, id)
		}
	}
	doubles := h.explain(all)
	t.Logf("%d accepted, %d accounted, %d lost, %d duplicates (each explained); %d requests were refused or cut off",
		len(b.ids), len(b.ids)-lost, lost, doubles, b.refused)
}
