package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/pkg/chat"
)

func TestFilesAreTakenOrLinked(t *testing.T) {
	t.Parallel()
	image := chat.Attachment{Name: "a.png", Type: "image/png", URL: "https://example.com/a.png"}
	other := chat.Attachment{Name: "b.pdf", Type: "application/pdf", URL: "https://example.com/b.pdf"}
	lost := chat.Attachment{Name: "c.png", Type: "image/png", URL: "https://example.com/c.png"}
	upload := chat.Attachment{Name: "d.txt", Upload: "d"}
	open := func(_ context.Context, a chat.Attachment, most int64) (chat.File, error) {
		if a.Name == lost.Name || most < 3 {
			return chat.File{}, errors.New("not now")
		}
		return chat.File{Name: a.Name, Type: a.Type, Data: []byte("abc")}, nil
	}
	tests := map[string]struct {
		d             chat.Delivery
		count         int
		takes         func(chat.Attachment) bool
		files, linked string
	}{
		"all that can be had":           {chat.Delivery{Open: open}, 9, nil, "a.png b.pdf d.txt", "c.png"},
		"images only":                   {chat.Delivery{Open: open}, 9, chat.Attachment.Image, "a.png", "b.pdf c.png d.txt"},
		"as many as fit":                {chat.Delivery{Open: open}, 1, nil, "a.png", "b.pdf c.png d.txt"},
		"none where nothing can be had": {chat.Delivery{}, 9, nil, "", "a.png b.pdf c.png d.txt"},
		"none in plain text after a no": {chat.Delivery{Open: open, Plain: true}, 9, nil, "", "a.png b.pdf c.png d.txt"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := chat.Message{Title: "t", Attachments: []chat.Attachment{image, other, lost, upload}}
			files, rest := tt.d.Files(t.Context(), m, tt.count, 100, tt.takes)
			var taken, linked []string
			for _, f := range files {
				taken = append(taken, f.Name)
			}
			for _, l := range rest.Links {
				linked = append(linked, strings.TrimPrefix(l.Text, "📎 "))
			}
			if got := strings.Join(taken, " "); got != tt.files {
				t.Errorf("files %q, want %q", got, tt.files)
			}
			if got := strings.Join(linked, " "); got != tt.linked || len(rest.Attachments) > 0 {
				t.Errorf("links %q and %d attachments, want %q and none", got, len(rest.Attachments), tt.linked)
			}
		})
	}
}

// Addresses that never answer cost a third of the time at most: the rest is for the
// message.
func TestFilesThatHangLeaveTimeForTheMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := chat.Delivery{Open: func(ctx context.Context, a chat.Attachment, _ int64) (chat.File, error) {
			if strings.HasPrefix(a.Name, "hangs") {
				<-ctx.Done()
				return chat.File{}, ctx.Err()
			}
			return chat.File{Name: a.Name}, nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		began := time.Now()
		m := chat.Message{Attachments: []chat.Attachment{
			{Name: "hangs 1", URL: "https://example.com/1"}, {Name: "hangs 2", URL: "https://example.com/2"}, {Name: "there"},
		}}
		files, rest := d.Files(ctx, m, 10, 100, nil)
		if len(files) != 1 || files[0].Name != "there" || len(rest.Links) != 2 {
			t.Errorf("got the files %v and the links %v", files, rest.Links)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s of 30 s", took)
		}
	})
}
