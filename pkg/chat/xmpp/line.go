package xmpp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	maxAnswer  = 30 * time.Second // the longest wait for one
	farewell   = 2 * time.Second
	backlog    = 64 // answers that nobody has read yet
	maxAliases = 4  // how many "_" a nick gets behind it where it is taken
)

// line is one connection. A goroutine reads it, so that the server's own
// questions are answered while nobody speaks.
type line struct {
	*stream
	hidden []secret.Text
	heard  chan element  // what concerns us, while there is room
	ended  chan struct{} // closed once nothing more is read
	why    error         // of the end; read it after ended
	asked  int           // questions so far; who speaks has the turn

	mu      sync.Mutex
	rooms   map[string]string // our full address in each
	awaited string            // the id of the message that is being said
}

func newLine(st *stream, hidden []secret.Text) *line {
	l := &line{stream: st, hidden: hidden, heard: make(chan element, backlog), ended: make(chan struct{}), rooms: map[string]string{}}
	go l.read()
	return l
}

func (l *line) read() {
	defer close(l.ended)
	for {
		e, err := next(l.xml)
		if err == nil && e.XMLName.Space == nsStream && e.XMLName.Local == "error" {
			err = ended(e, l.hidden)
		}
		if err != nil {
			l.why = err
			_ = l.Close()
			return
		}
		l.hear(e)
	}
}

// hear answers the server's questions, remembers where we are, and passes on
// what is an answer to us: an echo, an error, a presence of our own.
func (l *line) hear(e element) {
	switch e.XMLName.Local {
	case "iq":
		if e.Type == "get" || e.Type == "set" {
			_ = l.write(reply(e))
			return
		}
	case "presence":
		room, _, _ := strings.Cut(e.From, "/")
		if e.Type == "unavailable" && l.address(room) == e.From { // kicked, or the room is closed
			l.forget(room)
			return
		}
		if e.Type != "error" && !e.has(110) {
			return
		}
	case "message": // others may use our ids, but not our address in a room
		room, _, _ := strings.Cut(e.From, "/")
		if e.ID != l.waiting() || e.Type != "error" && (e.Type != "groupchat" || !strings.EqualFold(e.From, l.address(room))) {
			return
		}
	default:
		return
	}
	select {
	case l.heard <- e:
	default: // nobody waits
	}
}

// reply answers a ping (XEP-0199), and says of all else that we do not know it.
func reply(e element) string {
	head := "<iq to='" + escape(e.From) + "' id='" + escape(e.ID) + "' type='"
	if e.Ping != nil {
		return head + "result'/>"
	}
	return head + "error'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
}

func (l *line) write(stanza string) error {
	_ = l.SetWriteDeadline(time.Now().Add(maxAnswer))
	_, err := io.WriteString(l.Conn, stanza)
	return err
}

// address is who we are in a room, or "".
func (l *line) address(room string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rooms[strings.ToLower(room)]
}

func (l *line) forget(room string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.rooms, strings.ToLower(room))
}

// Broken reports that the connection is no more.
func (l *line) Broken() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// Drop gives the connection up, and returns once nobody reads it.
func (l *line) Drop() {
	_ = l.Close()
	<-l.ended
}

// Leave ends the stream and waits a little for the server to do so, too.
func (l *line) Leave() {
	if l.write("<presence type='unavailable'/></stream:stream>") == nil {
		select {
		case <-l.ended:
		case <-time.After(farewell):
		}
	}
	l.Drop()
}

// waiting is the id of the message that is being said.
func (l *line) waiting() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.awaited
}

// quiet throws away what was said while nobody waited, and waits for the answer
// to a message.
func (l *line) quiet(id string) {
	l.mu.Lock()
	l.awaited = id
	l.mu.Unlock()
	for len(l.heard) > 0 {
		<-l.heard
	}
}

// await gives the first thing heard that is an answer.
func (l *line) await(ctx context.Context, answers func(element) bool) (element, error) {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	for {
		select {
		case e := <-l.heard:
			if answers(e) {
				return e, nil
			}
			continue
		default:
		}
		select {
		case e := <-l.heard:
			if answers(e) {
				return e, nil
			}
		case <-l.ended:
			if errors.Is(l.why, io.EOF) {
				return element{}, errors.New("the server ended the stream")
			}
			return element{}, l.why
		case <-ctx.Done():
			return element{}, ctx.Err()
		}
	}
}

// enter joins a room, once for each connection, without its history. One that
// is made by our joining it is left at once: it has a wrong name, or its people
// are not back yet after a restart of the server.
func (l *line) enter(ctx context.Context, room, nick string, password secret.Text) error {
	if l.address(room) != "" {
		return nil
	}
	for alias := range maxAliases {
		me := room + "/" + nick + strings.Repeat("_", alias)
		e, err := l.join(ctx, room, me, password)
		switch {
		case err != nil:
			return notSent(ctx, "joining "+room, err)
		case e.Error != nil && e.Error.condition() == "conflict" && alias < maxAliases-1:
			continue
		case e.Error != nil:
			return refusal(*e.Error, l.hidden)
		case e.has(201):
			_ = l.write("<presence to='" + escape(me) + "' type='unavailable'/>")
			return fmt.Errorf("%w that nobody is in a room %s", chat.ErrAnswered, room)
		}
		l.mu.Lock()
		l.rooms[room] = e.From
		l.mu.Unlock()
		return nil
	}
	return nil
}

func (l *line) join(ctx context.Context, room, me string, password secret.Text) (element, error) {
	key := ""
	if !password.Empty() {
		key = "<password>" + escape(password.Reveal()) + "</password>"
	}
	id := l.question()
	err := l.write("<presence to='" + escape(me) + "' id='" + id + "'><x xmlns='" + nsMUC + "'>" + key + "<history maxstanzas='0'/></x></presence>")
	if err != nil {
		return element{}, err
	}
	return l.await(ctx, func(e element) bool {
		from, _, _ := strings.Cut(e.From, "/")
		return e.XMLName.Local == "presence" && strings.EqualFold(from, room) && (e.Type == "" || e.Type == "error" && (e.ID == id || e.ID == ""))
	})
}

// question gives an id that no other question has.
func (l *line) question() string {
	l.asked++
	return "postern-q" + strconv.Itoa(l.asked)
}

// errStranger says that a room does not know us: it was restarted, or has
// thrown us out and we have not heard of it yet.
var errStranger = errors.New("the room takes us for a stranger")

// say says m in a room, and waits until the room says it back.
func (l *line) say(ctx context.Context, m message) (chat.Receipt, error) {
	m.room = true
	if err := l.write(m.String()); err != nil {
		return chat.Receipt{}, lost(ctx, err)
	}
	me := l.address(m.to)
	e, err := l.await(ctx, func(e element) bool {
		return e.XMLName.Local == "message" && e.ID == m.id && (e.Type == "error" || strings.EqualFold(e.From, me))
	})
	switch {
	case err != nil:
		return chat.Receipt{}, lost(ctx, err)
	case e.Error == nil:
		id := e.mark(m.to)
		if id == "" {
			id = m.id
		}
		return chat.Receipt{MessageID: id}, nil
	case e.Error.condition() == "not-acceptable":
		l.forget(m.to)
		return chat.Receipt{}, fmt.Errorf("%w: %w", errStranger, refusal(*e.Error, l.hidden))
	}
	return chat.Receipt{}, refusal(*e.Error, l.hidden)
}

// tell says m to a person. A server answers in order, so once it has answered a
// question behind it, what it had to say of m is said.
func (l *line) tell(ctx context.Context, m message) (chat.Receipt, error) {
	if err := l.write(m.String()); err != nil {
		return chat.Receipt{}, lost(ctx, err)
	}
	var refused error
	err := l.ping(ctx, func(e element) {
		if e.XMLName.Local == "message" && e.ID == m.id && e.Error != nil {
			refused = refusal(*e.Error, l.hidden)
		}
	})
	switch {
	case refused != nil:
		return chat.Receipt{}, refused
	case err != nil:
		return chat.Receipt{}, lost(ctx, err)
	}
	return chat.Receipt{MessageID: m.id, Queued: true}, nil
}

// ping asks the server something, and passes on what is heard before the
// answer. Any answer will do: also that it knows no pings.
func (l *line) ping(ctx context.Context, heard func(element)) error {
	id := l.question()
	if err := l.write("<iq type='get' id='" + id + "'><ping xmlns='" + nsPing + "'/></iq>"); err != nil {
		return chat.Broke(ctx, "not sent", err)
	}
	_, err := l.await(ctx, func(e element) bool {
		if heard != nil {
			heard(e)
		}
		return e.XMLName.Local == "iq" && e.ID == id
	})
	if err != nil {
		return notSent(ctx, "asking the server", err)
	}
	return nil
}

// notSent is the error of a step before the message itself.
func notSent(ctx context.Context, doing string, err error) error {
	if advised(err) {
		return err
	}
	return chat.Broke(ctx, "not sent ("+doing+")", err)
}

// lost is the error of a message that left and had no answer.
func lost(ctx context.Context, err error) error {
	return retry.Unknown(chat.Broke(ctx, "sent, but no answer came", err))
}
