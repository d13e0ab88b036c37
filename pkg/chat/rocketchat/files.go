package rocketchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

const (
	// maxFile is in bytes. A server takes 100 MiB unless its setting
	// FileUpload_MaxFileSize says otherwise.
	maxFile  = 10 << 20
	maxFiles = 3 // as each is a message of its own
)

// apart gives the files that go with d, each a message of its own, d without them,
// and how many messages it has then: none where there are only files. A webhook takes
// no files.
func (s *Sender) apart(d chat.Delivery) (files []chat.Attachment, words chat.Delivery, count int) {
	most := maxFiles
	if !s.personal() {
		most = 0
	}
	files, d.Message = d.Message.Apart(most, nil)
	parts, render := pages(d)
	if len(files) > 0 && len(parts) == 1 && render(parts[0]) == "" {
		return files, d, 0
	}
	return files, d, len(parts)
}

// turn gives what is said now: a part of the words, or a file alone, which is said
// as a link where it is not uploaded.
func (s *Sender) turn(d chat.Delivery) (now chat.Delivery, file bool) {
	files, words, count := s.apart(d)
	a, ok := d.File(files, count)
	if !ok {
		return words, false
	}
	d.Message = chat.Message{Attachments: []chat.Attachment{a}}
	return d, true
}

// attach shows d's file in a room. It is not done where a link is to be said in the
// file's place: it cannot be had, the server will not have it, or it may be there
// already. For a message with a file is given its id by the server, and whether an
// attempt without an answer made one cannot be asked.
func (s *Sender) attach(ctx context.Context, d chat.Delivery, room string) (receipt chat.Receipt, done bool, err error) {
	files, _ := d.Files(ctx, d.Message, 1, maxFile, nil)
	if _, doubtful := s.doubts.Load(d.Key()); doubtful || len(files) == 0 {
		return chat.Receipt{}, false, nil
	}
	id, err := s.upload(ctx, d.Key(), room, files[0])
	if err == nil {
		receipt, err = s.confirm(ctx, room, id)
	}
	advice := retry.AdviceOn(err).Kind
	if advice == retry.Hopeless { // if it is the room or the user that is refused, so will be the link
		return chat.Receipt{}, false, nil
	}
	if advice == retry.Lost {
		s.doubts.Store(d.Key(), true)
	}
	if err != nil {
		return chat.Receipt{}, true, fmt.Errorf("upload %s: %w", files[0].Name, err)
	}
	return receipt, true, nil
}

// upload gives the id of what f holds. Nobody sees it before it is confirmed, and
// the server forgets it after a day. Older servers know no such call.
func (s *Sender) upload(ctx context.Context, key, room string, f chat.File) (string, error) {
	contentType, body := chat.Multipart(key, nil, []chat.File{f}, func(int) string { return "file" })
	answer, err := s.send(ctx, http.MethodPost, s.base+"rooms.media/"+url.PathEscape(room), contentType, body)
	if err != nil {
		return "", retry.With(err) // nobody saw it yet
	}
	var stored struct {
		File struct {
			ID string `json:"_id"`
		} `json:"file"`
	}
	if answer.Status == http.StatusNotFound { // an older server
		return "", retry.Never(answer.Err(""))
	}
	if r := read(answer); !answer.OK() || (r.Success != nil && !*r.Success) {
		return "", refusal(answer, r)
	}
	if answer.Decode(&stored) != nil || stored.File.ID == "" {
		return "", retry.Never(answer.Err("the answer names no file"))
	}
	return stored.File.ID, nil
}

// confirm makes a message of an upload. A server that fails at it may have made it.
func (s *Sender) confirm(ctx context.Context, room, id string) (chat.Receipt, error) {
	address := s.base + "rooms.mediaConfirm/" + url.PathEscape(room) + "/" + url.PathEscape(id)
	answer, err := s.call(ctx, http.MethodPost, address, chat.JSON(map[string]string{"msg": ""}))
	if err != nil {
		return chat.Receipt{}, err
	}
	receipt, err := judge(answer)
	if err != nil && answer.Status >= http.StatusInternalServerError {
		return chat.Receipt{}, retry.Unknown(err)
	}
	var shown struct {
		Message struct {
			ID string `json:"_id"`
		} `json:"message"`
	}
	if err == nil && json.Unmarshal(answer.Body, &shown) == nil {
		receipt.MessageID = shown.Message.ID
	}
	return receipt, err
}
