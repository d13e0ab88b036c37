package feishu

import (
	"context"
	"fmt"
	"net/http"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/webhook"
)

// What Feishu takes of images:
// https://open.feishu.cn/document/server-docs/im-v1/image/create.
const (
	maxImage  = 10 << 20 // bytes
	maxImages = 3        // as each is a message of its own
)

// apart gives the images that are messages of their own, and m with all other
// attachments. A custom bot uploads none; where nothing else is said, they are said
// as links.
func (s *Sender) apart(m chat.Message) ([]chat.Attachment, chat.Message) {
	if s.app == nil {
		return nil, m
	}
	images, rest := m.Apart(maxImages, chat.Attachment.Image)
	if rest.Text() == "" {
		return nil, m.Clean()
	}
	return images, rest
}

// sendImage says a as an image, else as a link: where it cannot be had, or Feishu
// will not have it. An upload that is repeated does no harm, for both have one
// uuid.
func (a *app) sendImage(ctx context.Context, d chat.Delivery, picture chat.Attachment) (chat.Receipt, error) {
	alone := chat.Message{Attachments: []chat.Attachment{picture}}
	d.Message = alone.Linked()
	link := compose(d)
	files, _ := d.Files(ctx, alone, 1, maxImage, nil)
	if len(files) == 0 || !shown(files[0].Type) {
		return a.send(ctx, d, link)
	}
	key, err := a.upload(ctx, d.Key(), files[0])
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("upload %s: %w", files[0].Name, err)
	}
	if key == "" {
		return a.send(ctx, d, link)
	}
	receipt, err := a.send(ctx, d, content{image: &image{Key: key}})
	if advice := retry.AdviceOn(err); err != nil && advice.Kind == retry.Hopeless && !advice.Broken {
		return a.send(ctx, d, link)
	}
	return receipt, err
}

func shown(kind string) bool {
	switch kind {
	case "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp":
		return true
	}
	return false
}

// upload gives the key of what f holds; none where Feishu refuses it, be it for
// its size, its form, or a permission that the app lacks: that is no fault of the
// chat's.
func (a *app) upload(ctx context.Context, seed string, f chat.File) (string, error) {
	fields := []webhook.Field{{Name: "image_type", Value: "message"}}
	kind, body := chat.Multipart(seed, fields, []chat.File{f}, func(int) string { return "image" })
	answer, err := a.call(ctx, chat.Call{
		URL: a.base + "/open-apis/im/v1/images", Header: http.Header{"Content-Type": {kind}}, Body: body,
	})
	if err != nil {
		return "", unsaid(err)
	}
	if _, err := judge(answer); err != nil {
		if retry.AdviceOn(err).Kind == retry.Hopeless && !tokenRefused(answer) {
			return "", nil
		}
		return "", unsaid(err)
	}
	var r struct {
		Data image `json:"data"`
	}
	if err := answer.Decode(&r); err != nil {
		return "", unsaid(err)
	}
	return r.Data.Key, nil
}

// unsaid: whatever became of a question that comes before a message, no message
// was sent.
func unsaid(err error) error {
	if retry.AdviceOn(err).Kind == retry.Lost {
		return retry.With(err)
	}
	return err
}
