package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

const (
	maxFiles = 3        // as each is a message of its own
	maxFile  = 10 << 20 // bytes; Slack takes 1 GB
)

// conversation is the id of a channel, a private one, or a direct message: files are
// shared with no name, and no user.
var conversation = regexp.MustCompile(`^[CGD][A-Z0-9]+$`)

// apart gives the files that go with d, each a message of its own, and what is said
// besides. What cannot be shared with d's channel is a link.
func (s *Sender) apart(d chat.Delivery) ([]chat.Attachment, chat.Message) {
	count := maxFiles
	if !s.bot() || !conversation.MatchString(native(d.Channel)) {
		count = 0
	}
	return d.Message.Apart(count, nil)
}

// share uploads the file that d's part is, and shows it in the channel; false where
// it is none, cannot be had, or Slack will not have it, and is to be said in words.
// Nobody sees an upload before it is completed: to repeat it does no harm.
func (s *Sender) share(ctx context.Context, d chat.Delivery) (bool, error) {
	parts, attached, _ := s.pages(d)
	a, ok := d.File(attached, len(parts))
	if !ok {
		return false, nil
	}
	files, _ := d.Files(ctx, chat.Message{Attachments: []chat.Attachment{a}}, 1, maxFile, nil)
	if len(files) == 0 {
		return false, nil
	}
	id, err := s.upload(ctx, files[0])
	if err == nil {
		err = s.complete(ctx, native(d.Channel), id, files[0].Name)
	}
	if advice := retry.AdviceOn(err); advice.Kind == retry.Hopeless && advice.Reach == retry.Chat {
		return false, nil // what is wrong with the channel is said of the words
	}
	return true, err
}

// upload gives the id of f, whose bytes go where Slack says:
// https://docs.slack.dev/messaging/working-with-files/#upload.
func (s *Sender) upload(ctx context.Context, f chat.File) (string, error) {
	form := url.Values{"filename": {f.Name}, "length": {strconv.Itoa(len(f.Data))}}
	place, err := s.ask(ctx, "files.getUploadURLExternal", "application/x-www-form-urlencoded", []byte(form.Encode()))
	switch {
	case err != nil:
		return "", unseen(err)
	case place.ID == "" || !s.trusted(place.URL):
		return "", retry.Never(errors.New("the answer names no place for the file"))
	}
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: place.URL.Reveal(), Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: f.Data,
		Secrets: []secret.Text{s.token, place.URL},
	})
	if err != nil {
		return "", unseen(err)
	}
	if !answer.OK() {
		err = answer.ByStatus("")
		if retry.AdviceOn(err).Kind == retry.Hopeless { // whoever takes the bytes knows no account
			err = retry.Never(err)
		}
		return "", err
	}
	return place.ID, nil
}

// trusted: Slack's word may lead to another host, but to none in the clear, unless
// Slack itself is called so.
func (s *Sender) trusted(place secret.Text) bool {
	u, err := url.Parse(place.Reveal())
	if err != nil || chat.CheckAddress(place.Reveal()) != nil {
		return false
	}
	api, err := url.Parse(s.url.Reveal())
	return err == nil && (u.Scheme == "https" || api.Scheme == "http")
}

type completion struct {
	Files   []completed `json:"files"`
	Channel string      `json:"channel_id"`
}

type completed struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// complete shows the file, and may have done so where no answer comes.
func (s *Sender) complete(ctx context.Context, channel, id, title string) error {
	body := chat.JSON(completion{Files: []completed{{ID: id, Title: title}}, Channel: channel})
	_, err := s.ask(ctx, "files.completeUploadExternal", asJSON, body)
	return err
}

// reply is what is read of an answer about a file.
type reply struct {
	OK    *bool       `json:"ok"`
	Error string      `json:"error"`
	URL   secret.Text `json:"upload_url"` // whoever has it may upload
	ID    string      `json:"file_id"`
}

// ask calls a method about a file. No error shows the answer's body: an address to
// upload to may stand in it.
func (s *Sender) ask(ctx context.Context, method, contentType string, body []byte) (reply, error) {
	answer, err := chat.Post(ctx, s.http, chat.Call{
		URL: s.method(method), Body: body, Secrets: []secret.Text{s.token},
		Header: http.Header{"Content-Type": {contentType}, "Authorization": {"Bearer " + s.token.Reveal()}},
	})
	if err != nil {
		return reply{}, err
	}
	var r reply
	decoded := json.Unmarshal(answer.Body, &r)
	word := cmp.Or(r.Error, "no word of the file")
	switch {
	case !answer.OK():
		return reply{}, answer.Refusal(word)
	case decoded != nil || r.OK == nil:
		return reply{}, retry.Unknown(answer.Err("the answer is not Slack's"))
	case *r.OK:
		return r, nil
	case word == "missing_scope" || word == "no_permission": // to upload: it may still talk
		return reply{}, retry.Never(answer.Err(word))
	}
	return reply{}, judgeWord(answer, word)
}

// unseen is err of a call that shows nothing to anybody: it leaves no doubt.
func unseen(err error) error {
	if retry.AdviceOn(err).Kind == retry.Lost {
		return retry.With(err)
	}
	return err
}
