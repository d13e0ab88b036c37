package wecom_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/wecom"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// group is a robot's group that answers an image with refusal, if there is one.
type group struct {
	refusal string
	heard   []said
}

type said struct {
	message
	Image struct{ Base64, MD5 string }
}

func (g *group) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var s said
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &s)
	g.heard = append(g.heard, s)
	if s.Kind == "image" && g.refusal != "" {
		_, _ = io.WriteString(w, g.refusal)
		return
	}
	_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
}

func (g *group) last() said { return g.heard[len(g.heard)-1] }

func robot(t *testing.T, g *group) *wecom.Sender {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	s, err := wecom.New(wecom.Config{WebhookURL: secret.New(server.URL + "/send?key=" + key)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pictures is a delivery of a text, a file and so many images, which are of typ.
func pictures(count int, typ string) chat.Delivery {
	d := chat.Delivery{ID: "n", Message: chat.Message{Title: "hi", Attachments: []chat.Attachment{{Name: "log.txt", URL: "https://example.com/log"}}}}
	for range count {
		d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: "graph.png", Type: "image/png", URL: "https://example.com/graph"})
	}
	d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
		return chat.File{Name: "graph.png", Type: typ, Data: []byte("12345")}, nil
	}
	return d
}

func TestImagesAreMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"image/png", "image/jpeg"} {
		g := &group{}
		s := robot(t, g)
		d := pictures(4, typ)
		closed := d
		closed.Open = nil
		if s.Parts(d) != 4 || s.Parts(closed) != 4 {
			t.Fatalf("%d parts, %d where nothing can be had; want a text and three images", s.Parts(d), s.Parts(closed))
		}
		for _, part := range []int{0, 1, 2, 3, 3} {
			d.Part = part
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		want := "**hi**\n[📎 log.txt](https://example.com/log)\n[📎 graph.png](https://example.com/graph)"
		if got := g.heard[0].Markdown.Content; got != want || len(g.heard) != 5 {
			t.Errorf("said %q in %d messages, want %q in 5", got, len(g.heard), want)
		}
		for _, got := range g.heard[1:] {
			data, err := base64.StdEncoding.DecodeString(got.Image.Base64)
			if got.Kind != "image" || string(data) != "12345" || got.Image.MD5 != "827ccb0eea8a706c4c34a16891f84e7b" || err != nil {
				t.Errorf("said %+v: %v, want the image", got, err)
			}
		}
	}
}

func TestAnImageThatCannotBeShownIsALink(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change  func(d *chat.Delivery)
		refusal string
		want    int // calls
	}{
		"not to be had": {func(d *chat.Delivery) { d.Open = nil }, "", 1},
		"too large": {func(d *chat.Delivery) {
			d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
				return chat.File{}, errors.New("too large")
			}
		}, "", 1},
		"said plain":      {func(d *chat.Delivery) { d.Plain = true }, "", 1},
		"of another kind": {func(d *chat.Delivery) { *d = pictures(1, "image/gif") }, "", 1},
		"refused":         {func(*chat.Delivery) {}, `{"errcode":40009,"errmsg":"invalid image size"}`, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, g := pictures(1, "image/png"), &group{refusal: c.refusal}
			c.change(&d)
			d.Part = 1
			s := robot(t, g)
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			got := g.last()
			text := got.Markdown.Content + got.Text.Content
			if !strings.HasPrefix(strings.Trim(text, "["), "📎 graph.png") || !strings.Contains(text, "https://example.com/graph") || strings.Contains(text, "hi") {
				t.Errorf("said %q, want the link alone", text)
			}
			if len(g.heard) != c.want {
				t.Errorf("%d calls, want %d", len(g.heard), c.want)
			}
		})
	}
}

func TestAnImageThatMayGoLaterWaits(t *testing.T) {
	t.Parallel()
	cases := map[string]retry.Kind{
		`{"errcode":45009,"errmsg":"api freq out of limit"}`:                retry.Later,
		`{"errcode":93000,"errmsg":"invalid webhook url, key ` + key + `"}`: retry.Hopeless,
	}
	for answer, want := range cases {
		g := &group{refusal: answer}
		d := pictures(1, "image/png")
		d.Part = 1
		_, err := robot(t, g).Send(t.Context(), d)
		if err == nil || retry.AdviceOn(err).Kind != want || len(g.heard) != 1 {
			t.Errorf("%s: %d calls, %v, want the error after one", answer, len(g.heard), err)
		}
		if err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("the key is shown: %v", err)
		}
	}
}

func TestAnImageAloneIsALink(t *testing.T) {
	t.Parallel()
	g := &group{}
	s := robot(t, g)
	d := pictures(1, "image/png")
	d.Message = chat.Message{Attachments: d.Message.Attachments[1:]}
	if _, err := s.Send(t.Context(), d); err != nil || s.Parts(d) != 1 {
		t.Fatalf("%d parts: %v, want one", s.Parts(d), err)
	}
	if got, want := g.last().Markdown.Content, "[📎 graph.png](https://example.com/graph)"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}
