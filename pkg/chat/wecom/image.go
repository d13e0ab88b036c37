package wecom

import (
	"context"
	"crypto/md5" //nolint:gosec // WeCom's own check of what came over the wire: nothing rests on it
	"encoding/base64"
	"encoding/hex"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// What WeCom takes of images: https://developer.work.weixin.qq.com/document/path/91770.
const (
	maxImage  = 2 << 20 // bytes before they are encoded
	maxImages = 3       // as each is a message of its own
)

// image is what a message shows, whole.
type image struct {
	Base64 string `json:"base64"`
	MD5    string `json:"md5"` // of the bytes before they are encoded
}

// apart gives the images that are messages of their own, and m with all other
// attachments. Where nothing else is said, they are said as links.
func apart(m chat.Message) ([]chat.Attachment, chat.Message) {
	images, rest := m.Apart(maxImages, chat.Attachment.Image)
	if rest.Text() == "" {
		return nil, m.Clean()
	}
	return images, rest
}

// pictured gives the attachment that d's part shows; false where it is text.
func pictured(d chat.Delivery) (chat.Attachment, bool) {
	images, _ := apart(d.Message)
	parts, _ := pages(d)
	return d.File(images, len(parts))
}

// linked says a as a link, in a message of its own.
func linked(d chat.Delivery, a chat.Attachment) chat.Delivery {
	d.Message, d.Part = chat.Message{Attachments: []chat.Attachment{a}}.Linked(), 0
	return d
}

// show posts a as an image; false where it cannot be had, or WeCom will not have
// it: then nobody saw anything.
func (s *Sender) show(ctx context.Context, d chat.Delivery, a chat.Attachment) (shown bool, err error) {
	files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, 1, maxImage, nil)
	if len(files) == 0 || files[0].Type != "image/jpeg" && files[0].Type != "image/png" {
		return false, nil
	}
	sum := md5.Sum(files[0].Data) //nolint:gosec // as above
	err = s.post(ctx, payload{Kind: "image", Image: &image{
		Base64: base64.StdEncoding.EncodeToString(files[0].Data), MD5: hex.EncodeToString(sum[:]),
	}})
	if advice := retry.AdviceOn(err); err != nil && advice.Kind == retry.Hopeless && !advice.Broken {
		return false, nil
	}
	return true, err
}
