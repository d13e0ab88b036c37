package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

const (
	maxFiles = 3        // a post takes 10, which is more than one sees at once
	maxFile  = 10 << 20 // bytes; a server may take less, and says so
)

// attach uploads what goes with d's last part, and gives d with all else as links.
// Where the files would make the parts fewer than were counted, they stand beside
// their links. An upload that is repeated does no harm: no post shows the first.
func (s *Sender) attach(ctx context.Context, d chat.Delivery, channel string) ([]string, chat.Delivery, error) {
	whole := s.Parts(d)
	if d.Part < whole-1 {
		return nil, d, nil
	}
	filed, ids := d, []string(nil)
	filed.Message.Attachments = nil
	for _, a := range d.Message.Attachments {
		id := ""
		if files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, maxFiles-len(ids), maxFile, nil); len(files) == 1 {
			var err error
			if id, err = s.upload(ctx, channel, files[0]); err != nil {
				return nil, d, err
			}
		}
		if id == "" {
			filed.Message.Attachments = append(filed.Message.Attachments, a)
			continue
		}
		ids = append(ids, id)
	}
	if s.Parts(filed) != whole {
		filed = d
	}
	return ids, filed, nil
}

// upload gives the id of f, as raw bytes it is told by its name; none where the
// server will not have it.
func (s *Sender) upload(ctx context.Context, channel string, f chat.File) (string, error) {
	query := url.Values{"channel_id": {channel}, "filename": {f.Name}}
	answer, err := s.call(ctx, http.MethodPost, s.base+"files?"+query.Encode(), "application/octet-stream", f.Data)
	switch {
	case err != nil && retry.AdviceOn(err).Kind == retry.Hopeless:
		return "", nil
	case err != nil:
		return "", retry.With(fmt.Errorf("upload %s: %w", f.Name, err)) // nobody saw it yet
	case unwanted(answer):
		return "", nil
	case !answer.OK():
		return "", fmt.Errorf("upload %s: %w", f.Name, refusal(answer))
	}
	var stored struct {
		Files []struct {
			ID string `json:"id"`
		} `json:"file_infos"`
	}
	if answer.Decode(&stored) != nil || len(stored.Files) != 1 || stored.Files[0].ID == "" {
		return "", fmt.Errorf("upload %s: %w", f.Name, answer.Err("the answer names no file"))
	}
	return stored.Files[0].ID, nil
}

// unwanted: too large, or not allowed, which is no fault of the message's; 501 is
// of a server that takes no files. A channel that is gone will say so of the post.
func unwanted(a chat.Answer) bool {
	switch a.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return a.Status >= 400 && a.Status < 500 || a.Status == http.StatusNotImplemented
}
