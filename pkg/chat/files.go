package chat

import "context"

// Files opens the attachments of d that takes likes, at most count of them and
// of most bytes each, for a Sender that uploads. It gives m with all others as
// links: also those that cannot be had now, for a message without its picture is
// better than none. Nil takes likes everything.
func (d Delivery) Files(ctx context.Context, m Message, count int, most int64, takes func(Attachment) bool) ([]File, Message) {
	var files []File
	left := m.Attachments
	m.Attachments = nil
	for _, a := range left {
		if d.Open != nil && !d.Plain && len(files) < count && (takes == nil || takes(a)) {
			if f, err := d.Open(ctx, a, most); err == nil {
				files = append(files, f)
				continue
			}
		}
		m.Attachments = append(m.Attachments, a)
	}
	return files, m.Linked()
}
