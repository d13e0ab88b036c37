package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	maxText    = 64 << 10 // bytes of the plain form; nobody reads more
	maxSubject = 150      // runes
	maxFiles   = 5
	maxFile    = 5 << 20 // bytes; most servers take 25 MB in all, and base64 adds a third
)

//go:embed letter.html
var page string

func cleaned(mentions []string) []string {
	out := make([]string, len(mentions))
	for i, m := range mentions {
		out[i] = chat.Clean(m)
	}
	return out
}

// header is one line of a mail's head.
type header struct{ name, value string }

// write makes the whole mail, lines ended by CR LF. The same Delivery gives the
// same bytes: its date is the event's acceptance, its boundaries are made of
// its key.
func (s *Sender) write(ctx context.Context, d chat.Delivery, to string) []byte {
	files, m := d.Files(ctx, d.Message, maxFiles, maxFile, nil)
	m.Mentions = cleaned(m.Mentions)
	m = chat.Fit(m.Clean(), maxText, chat.Bytes, chat.Message.Text)
	var b bytes.Buffer
	for _, h := range s.head(d, m, to) {
		b.WriteString(h.name + ": " + unbroken.Replace(h.value) + "\r\n")
	}
	seed := sum(d.Key())
	switch {
	case d.Plain:
		writeText(headTo{&b}, "text/plain", body(m))
	case len(files) == 0:
		s.alternatives(headTo{&b}, seed, m)
	default:
		s.enclose(&b, seed, m, files)
	}
	return b.Bytes()
}

// unbroken keeps a value one header: a line in it begins with a blank.
var unbroken = strings.NewReplacer("\r\n ", "\r\n ", "\r", "", "\n", "", "\x00", "") //nolint:gochecknoglobals // a constant table

// head are the headers. Auto-Submitted keeps out-of-office replies away
// (RFC 3834); a thread is an id that no mail bears, which every reader takes
// for the lost beginning of one (RFC 5322 3.6.4).
func (s *Sender) head(d chat.Delivery, m chat.Message, to string) []header {
	head := []header{
		{"Date", d.AcceptedAt.UTC().Format(time.RFC1123Z)},
		{"From", s.from.String()},
		{"To", (&mail.Address{Address: to}).String()},
		{"Message-ID", s.messageID(d)},
		{"Subject", encoded(s.subject(m))},
		{"Auto-Submitted", "auto-generated"},
		{"X-Auto-Response-Suppress", "All"},
	}
	if m.Thread != "" {
		id := "<thread." + sum(m.Thread) + "@" + s.domain + ">"
		head = append(head, header{"In-Reply-To", id}, header{"References", id})
	}
	switch m.Severity {
	case webhook.Error, webhook.Critical:
		head = append(head, header{"Importance", "high"})
	case webhook.Debug:
		head = append(head, header{"Importance", "low"})
	default:
	}
	return append(head, header{"MIME-Version", "1.0"})
}

var idShape = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$`)

// messageID is made of the delivery's key: as it is, where it may stand there.
func (s *Sender) messageID(d chat.Delivery) string {
	key := d.Key()
	if !idShape.MatchString(key) || len(key) > 128 {
		key = sum(key)
	}
	return "<" + key + "@" + s.domain + ">"
}

func sum(of string) string {
	h := sha256.Sum256([]byte(of))
	return hex.EncodeToString(h[:16])
}

// subject is the title, else the beginning of the text.
func (s *Sender) subject(m chat.Message) string {
	title := m.Title
	if title == "" {
		title, _, _ = strings.Cut(m.Text(), "\n")
	}
	return s.prefix + chat.Cut(title, maxSubject, chat.Runes)
}

// encoded is a header's text as RFC 2047 writes it, one encoded word a line. A
// word of the text that looks like an encoded one is broken.
func encoded(text string) string {
	text = strings.ReplaceAll(text, "=?", "=\u200b?")
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", text), "?= =?", "?=\r\n =?")
}

// body is the plain form; whom it mentions stands before it.
func body(m chat.Message) string {
	text := m.Text()
	if len(m.Mentions) > 0 {
		text = strings.Join(m.Mentions, " ") + "\n" + text
	}
	return text
}

// parts is where a part begins: a mail itself, or a multipart.
type parts interface {
	begin(contentType, encoding, disposition string) *bytes.Buffer
}

// headTo goes on with the head of a mail that is all one part.
type headTo struct{ b *bytes.Buffer }

func (h headTo) begin(contentType, encoding, _ string) *bytes.Buffer {
	h.b.WriteString("Content-Type: " + contentType + "\r\n")
	if encoding != "" {
		h.b.WriteString("Content-Transfer-Encoding: " + encoding + "\r\n")
	}
	h.b.WriteString("\r\n")
	return h.b
}

// within adds a part to a multipart that is written to b.
type within struct {
	b *bytes.Buffer
	*multipart.Writer
}

func (w within) begin(contentType, encoding, disposition string) *bytes.Buffer {
	h := textproto.MIMEHeader{"Content-Type": {contentType}}
	if encoding != "" {
		h.Set("Content-Transfer-Encoding", encoding)
	}
	if disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	_, _ = w.CreatePart(h) // a bytes.Buffer takes everything
	return w.b
}

// multi begins a multipart with a boundary of our own.
func multi(to parts, kind, boundary string) within {
	b := to.begin("multipart/"+kind+";\r\n boundary="+boundary, "", "")
	w := multipart.NewWriter(b)
	if err := w.SetBoundary(boundary); err != nil {
		panic("email: " + err.Error()) // it is made of letters and digits
	}
	return within{b, w}
}

// alternatives are the text twice, the better form last.
func (s *Sender) alternatives(to parts, seed string, m chat.Message) {
	w := multi(to, "alternative", "alt"+seed)
	writeText(w, "text/plain", body(m))
	writeText(w, "text/html", s.html(m))
	_ = w.Close()
}

// enclose adds files to the text.
func (s *Sender) enclose(b *bytes.Buffer, seed string, m chat.Message, files []chat.File) {
	w := multi(headTo{b}, "mixed", "mix"+seed)
	s.alternatives(w, seed, m)
	for _, f := range files {
		disposition := cmp.Or(mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), "attachment")
		write64(w.begin(f.Type, "base64", disposition), f.Data)
	}
	_ = w.Close()
}

func writeText(to parts, kind, text string) {
	w := quotedprintable.NewWriter(to.begin(kind+"; charset=utf-8", "quoted-printable", ""))
	_, _ = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	_ = w.Close()
}

// write64 writes base64 in lines of 76 (RFC 2045 6.8).
func write64(b *bytes.Buffer, data []byte) {
	const line = 57 // bytes that fill one
	for len(data) > 0 {
		n := min(line, len(data))
		b.WriteString(base64.StdEncoding.EncodeToString(data[:n]) + "\r\n")
		data = data[n:]
	}
}
