package zulip

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/webhook"
)

const (
	maxFile  = 10 << 20 // bytes; a server takes 25 MB and more: https://zulip.com/api/upload-file
	maxFiles = 3
	// maxAddress is how long, in characters, the address of an upload may be.
	maxAddress = 300
)

// attached are the files that are uploaded with d.
func attached(d chat.Delivery) []chat.Attachment {
	files, _ := d.Message.Apart(maxFiles, nil)
	return files
}

// reserve gives d's message with links for its attachments. Those that are uploaded
// lead to stand-ins, so that its parts are the same wherever they will lead.
func reserve(d chat.Delivery) chat.Message {
	m := d.Message.Clean().Linked()
	first := len(m.Links) - len(d.Message.Clean().Attachments)
	for n, a := range attached(d) {
		m.Links[first+n].URL = standIn(n, a)
	}
	return m
}

// standIn is as long as the address of a and that of an upload may be, and no
// address.
func standIn(n int, a chat.Attachment) string {
	begin := fmt.Sprintf("%d:", n)
	return begin + strings.Repeat("x", max(chat.Runes.Len(address(a.URL)), maxAddress)-len(begin))
}

// settle puts addresses in the place of the stand-ins of a part of d.
func settle(d chat.Delivery, part chat.Message, lead func(chat.Attachment) (string, error)) (chat.Message, error) {
	part.Links = slices.Clone(part.Links)
	for n, a := range attached(d) {
		at := slices.IndexFunc(part.Links, func(l webhook.Link) bool { return l.URL == standIn(n, a) })
		if at < 0 {
			continue
		}
		to, err := lead(a)
		if err != nil {
			return chat.Message{}, err
		}
		part.Links[at].URL = to
	}
	return part, nil
}

// attach uploads a and gives where it is then; its own address where it cannot be
// had, or the server will not have it. An upload that is repeated does no harm:
// nobody sees one that no message names.
func (s *Sender) attach(ctx context.Context, d chat.Delivery, a chat.Attachment) (string, error) {
	files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, 1, maxFile, nil)
	if len(files) == 0 {
		return a.URL, nil
	}
	to, err := s.upload(ctx, d.Key(), files[0])
	if retry.AdviceOn(err).Kind == retry.Hopeless {
		return a.URL, nil // if it is the bot that is refused, so will be the message
	}
	if err != nil {
		return "", fmt.Errorf("upload %s: %w", files[0].Name, err)
	}
	return to, nil
}

// uploadShape is an address that ends no link and is not longer than what is kept
// for it.
var uploadShape = regexp.MustCompile(`^/user_uploads/[^\s()\[\]<>@*~$]+$`)

// upload gives the address of what f holds, on this server. Older servers call it
// uri.
func (s *Sender) upload(ctx context.Context, key string, f chat.File) (string, error) {
	contentType, body := chat.Multipart(key, nil, []chat.File{f}, func(int) string { return "filename" })
	answer, err := s.call(ctx, http.MethodPost, s.base+"user_uploads", contentType, body)
	if err != nil {
		return "", retry.With(err) // nobody saw it yet
	}
	var stored struct {
		URL string `json:"url"`
		URI string `json:"uri"`
	}
	if r := read(answer); !answer.OK() || r.Result == "error" {
		return "", refusal(answer, r)
	}
	if err := answer.Decode(&stored); err != nil {
		return "", retry.Never(err)
	}
	to := cmp.Or(stored.URL, stored.URI)
	if !uploadShape.MatchString(to) || chat.Runes.Len(to) > maxAddress {
		return "", retry.Never(answer.Err("the answer names no upload"))
	}
	return to, nil
}
