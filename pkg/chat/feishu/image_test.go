package feishu_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/feishu"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// gallery is a Feishu that keeps images. What is said of an upload or an image,
// if not yes, is said as often as times says.
type gallery struct {
	platform
	mu       sync.Mutex
	uploads  []string // what was uploaded, as "image_type name content"
	refusal  string   // the answer to an upload
	unwanted string   // the answer to an image
	times    int
}

func (g *gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	upload := r.URL.Path == "/open-apis/im/v1/images"
	if upload {
		g.keep(r)
	}
	if answer := g.refuses(upload, string(body)); answer != "" {
		g.times--
		_, _ = io.WriteString(w, answer)
		return
	}
	if upload && r.Header.Get("Authorization") == "Bearer "+g.valid {
		_, _ = fmt.Fprintf(w, `{"code":0,"msg":"success","data":{"image_key":"img_%d"}}`, len(g.uploads))
		return
	}
	g.platform.ServeHTTP(w, r)
}

func (g *gallery) refuses(upload bool, body string) string {
	switch {
	case g.times == 0:
		return ""
	case upload:
		return g.refusal
	case strings.Contains(body, `"msg_type":"image"`):
		return g.unwanted
	}
	return ""
}

func (g *gallery) keep(r *http.Request) {
	f, h, err := r.FormFile("image")
	if err != nil {
		g.uploads = append(g.uploads, err.Error())
		return
	}
	data, _ := io.ReadAll(f)
	g.uploads = append(g.uploads, fmt.Sprintf("%s %s %s", r.FormValue("image_type"), h.Filename, data))
}

// said is what the last message held, and the uuid it had.
func (g *gallery) said() (kind, content, uuid string) {
	body := g.heard[len(g.heard)-1].body
	return fmt.Sprint(body["msg_type"]), fmt.Sprint(body["content"]), fmt.Sprint(body["uuid"])
}

func painter(t *testing.T, g *gallery) *feishu.Sender {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	s, err := feishu.New(feishu.Config{AppID: "cli_a1", AppSecret: secret.New(appSecret), APIURL: server.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pictures is a delivery of a text, a file and so many images, which are of typ.
func pictures(count int, typ string) chat.Delivery {
	d := delivery("n", "oc_1")
	d.Message.Attachments = []chat.Attachment{{Name: "log.txt", URL: "https://example.com/log"}}
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
	g := &gallery{}
	s := painter(t, g)
	d := pictures(4, "image/png")
	closed := d
	closed.Open = nil
	if s.Parts(d) != 4 || s.Parts(closed) != 4 || !s.Capabilities().Files {
		t.Fatalf("%d parts, %d where nothing can be had; want a card and three images", s.Parts(d), s.Parts(closed))
	}
	uuids := map[string]bool{}
	for part := range 4 {
		d.Part = part
		if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		kind, content, uuid := g.said()
		uuids[uuid] = true
		switch {
		case part == 0 && (kind != "interactive" || strings.Count(content, "https://example.com/graph") != 1 || !strings.Contains(content, "https://example.com/log")):
			t.Errorf("the card is %s", content)
		case part > 0 && (kind != "image" || content != fmt.Sprintf(`{"image_key":"img_%d"}`, part) || g.uploads[part-1] != "message graph.png 12345"):
			t.Errorf("part %d is %s %s of %v", part, kind, content, g.uploads)
		}
	}
	if len(uuids) != 4 {
		t.Errorf("%d uuids for four messages", len(uuids))
	}
}

func TestAnImageThatCannotBeShownIsALink(t *testing.T) {
	t.Parallel()
	unopened := func(d *chat.Delivery) {
		d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
			return chat.File{}, errors.New("too large")
		}
	}
	asItIs := func(*chat.Delivery) {}
	cases := map[string]struct {
		change            func(d *chat.Delivery)
		refusal, unwanted string
	}{
		"not to be had":    {func(d *chat.Delivery) { d.Open = nil }, "", ""},
		"too large":        {unopened, "", ""},
		"said plain":       {func(d *chat.Delivery) { d.Plain = true }, "", ""},
		"of another kind":  {func(d *chat.Delivery) { *d = pictures(1, "image/svg+xml") }, "", ""},
		"upload refused":   {asItIs, `{"code":234006,"msg":"The file size exceed the max value."}`, ""},
		"no permission":    {asItIs, `{"code":99991672,"msg":"Access denied. im:resource"}`, ""},
		"no key":           {asItIs, `{"code":0,"msg":"success","data":{}}`, ""},
		"message unwanted": {asItIs, "", `{"code":230099,"msg":"Failed to create card content"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, g := pictures(1, "image/png"), &gallery{refusal: c.refusal, unwanted: c.unwanted, times: 1}
			c.change(&d)
			d.Part = 1
			if _, err := painter(t, g).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			kind, content, _ := g.said()
			if kind == "image" || !strings.Contains(content, "📎 graph.png") || strings.Contains(content, "hi") {
				t.Errorf("said %s %s, want the link alone", kind, content)
			}
		})
	}
}

func TestAnUploadIsMadeAgainWithoutDoublingTheMessage(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		g    *gallery
		want retry.Kind
	}{
		"upload too often":  {&gallery{refusal: `{"code":99991400,"msg":"request trigger frequency limit"}`, times: 1}, retry.Later},
		"upload lost":       {&gallery{refusal: `{"hello":"world"}`, times: 1}, retry.Again},
		"message too often": {&gallery{unwanted: `{"code":230020,"msg":"too often"}`, times: 1}, retry.Later},
		"message lost":      {&gallery{unwanted: `{"hello":"world"}`, times: 1}, retry.Lost},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := painter(t, c.g), pictures(1, "image/png")
			d.Part = 1
			_, err := s.Send(t.Context(), d)
			if err == nil || retry.AdviceOn(err).Kind != c.want {
				t.Fatalf("advice %+v: %v", retry.AdviceOn(err), err)
			}
			if strings.Contains(err.Error(), "t-secret") || strings.Contains(err.Error(), appSecret) {
				t.Errorf("a secret is shown: %v", err)
			}
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			kind, content, first := c.g.said()
			if kind != "image" || content != `{"image_key":"img_2"}` || len(c.g.uploads) != 2 || len(c.g.heard) != 1 {
				t.Errorf("said %s %s in %d messages after %v", kind, content, len(c.g.heard), c.g.uploads)
			}
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if _, _, again := c.g.said(); again != first {
				t.Errorf("uuid %s, then %s", first, again)
			}
		})
	}
}

func TestAStaleTokenAtAnUploadIsReplaced(t *testing.T) {
	t.Parallel()
	g := &gallery{refusal: `{"code":99991663,"msg":"Invalid access token for authorization."}`, times: 1}
	d := pictures(1, "image/png")
	d.Part = 1
	if _, err := painter(t, g).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if kind, _, _ := g.said(); kind != "image" || g.asked != 2 || len(g.uploads) != 2 {
		t.Errorf("%s after %d tokens and %d uploads, want an image after 2 and 2", kind, g.asked, len(g.uploads))
	}
}

func TestACustomBotUploadsNothing(t *testing.T) {
	t.Parallel()
	s, err := feishu.New(feishu.Config{WebhookURL: secret.New("https://example.com/hook")}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Parts(pictures(3, "image/png")); n != 1 || s.Capabilities().Files {
		t.Errorf("%d parts, Files %v, want one and no", n, s.Capabilities().Files)
	}
}
