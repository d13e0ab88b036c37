package chat

import (
	"context"
	"time"
)

// Files opens the attachments of d that takes likes, at most count of them and
// of most bytes each, for a Sender that uploads. It gives m with all others as
// links: also those that cannot be had now, for a message without its picture is
// better than none. For all of them it takes a third of the time that ctx has, so
// that enough is left to say the message. Nil takes likes everything.
func (d Delivery) Files(ctx context.Context, m Message, count int, most int64, takes func(Attachment) bool) ([]File, Message) {
	var files []File
	left := m.Attachments
	m.Attachments = nil
	end := third(ctx)
	for i, a := range left {
		if d.Open != nil && !d.Plain && len(files) < count && (takes == nil || takes(a)) {
			share := time.Until(end) / time.Duration(min(len(left)-i, count-len(files)))
			if f, err := d.within(ctx, share, a, most); err == nil {
				files = append(files, f)
				continue
			}
		}
		m.Attachments = append(m.Attachments, a)
	}
	return files, m.Linked()
}

// third is the end of the first third of ctx's time; far away where it has none.
func third(ctx context.Context) time.Time {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Now().Add(time.Hour)
	}
	return time.Now().Add(time.Until(end) / 3)
}

func (d Delivery) within(ctx context.Context, share time.Duration, a Attachment, most int64) (File, error) {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	return d.Open(ctx, a, most)
}

// Apart cleans m and gives the attachments that are messages of their own, those
// that takes likes and at most count of them, and m with all others. Nil takes likes
// everything.
func (m Message) Apart(count int, takes func(Attachment) bool) (files []Attachment, rest Message) {
	rest = m.Clean()
	all := rest.Attachments
	rest.Attachments = nil
	for _, a := range all {
		if len(files) < count && (takes == nil || takes(a)) {
			files = append(files, a)
			continue
		}
		rest.Attachments = append(rest.Attachments, a)
	}
	return files, rest
}

// File gives which of files d's part is, behind so many parts of text; false where
// it is one of those.
func (d Delivery) File(files []Attachment, texts int) (Attachment, bool) {
	n := max(d.Part, 0) - texts
	if n < 0 || n >= len(files) {
		return Attachment{}, false
	}
	return files[n], true
}
