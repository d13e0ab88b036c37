package ntfy

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// What a server takes of files unless it is told otherwise:
// https://docs.ntfy.sh/config/#attachments.
const (
	maxFile  = 15 << 20 // bytes
	maxFiles = 3        // as each is a message of its own
)

// apart gives the attachments that are messages of their own, and m with all
// others. Where nothing else is said, they are said as links.
func apart(m chat.Message) ([]chat.Attachment, chat.Message) {
	files, rest := m.Apart(maxFiles, nil)
	if rest.Text() == "" {
		return nil, m.Clean()
	}
	return files, rest
}

// linked says a as a link, under the title of the message that it goes with.
func linked(d chat.Delivery, a chat.Attachment) chat.Message {
	link := chat.Message{Title: d.Message.Title, Severity: d.Message.Severity, Attachments: []chat.Attachment{a}}
	if a.URL != "" && !d.Plain { // else its name is in the text already
		link.Body = chat.Plain("📎 " + a.Name)
	}
	return link.Linked()
}

// attach publishes a as a file; false where it cannot be had, or the server will
// not have it: then nobody saw anything.
func (s *Sender) attach(ctx context.Context, d chat.Delivery, topic string, a chat.Attachment) (receipt chat.Receipt, attached bool, err error) {
	files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, 1, maxFile, nil)
	if len(files) == 0 {
		return chat.Receipt{}, false, nil
	}
	answer, err := chat.Post(ctx, s.http, s.upload(d.Message, topic, files[0]))
	if err != nil {
		return chat.Receipt{}, true, err
	}
	receipt, err = judge(answer)
	return receipt, err == nil || !unwanted(answer, err), err
}

// unwanted: the server keeps no files, none so large, or no more today; a message
// it may take all the same.
func unwanted(a chat.Answer, err error) bool {
	if read(a).Code == dayBandwidth || a.Status == http.StatusInsufficientStorage {
		return true
	}
	advice := retry.AdviceOn(err)
	return advice.Kind == retry.Hopeless && !advice.Broken
}

// upload is the call that publishes f. What its headers hold is a word that the
// server decodes: nothing of a message is a header's own text.
func (s *Sender) upload(m chat.Message, topic string, f chat.File) chat.Call {
	m = m.Clean()
	c := s.call(http.MethodPut, "/"+topic, f.Data)
	c.Header.Set("Content-Type", f.Type)
	c.Header.Set("Filename", word(f.Name))
	c.Header.Set("Message", word("📎 "+f.Name))
	if m.Title != "" {
		c.Header.Set("Title", word(chat.Cut(m.Title, maxTitle, chat.Runes)))
	}
	if priority, _ := urgency(m.Severity); priority != 0 {
		c.Header.Set("Priority", strconv.Itoa(priority))
	}
	return c
}

// word writes s as RFC 2047 has it; what looks like such a word already is parted,
// so that it is none.
func word(s string) string {
	line := strings.Join(strings.Fields(chat.Clean(s)), " ")
	return mime.BEncoding.Encode("utf-8", strings.ReplaceAll(line, "=?", "=\u200b?"))
}
