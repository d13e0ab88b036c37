package teams_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/teams"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	workflow  = "workflow-secret-id"
	signature = "secret-signature"
)

// card is what the message shows.
type card struct {
	Teams struct {
		Entities []struct {
			Text      string
			Mentioned struct{ ID string }
		}
	} `json:"msteams"`
	Body []struct {
		Type, Text, Color string
		Facts             []struct{ Title, Value string }
	}
	Actions []struct{ Title, URL string }
}

func read(body []byte) card {
	var m struct {
		Attachments []struct{ Content card }
	}
	if json.Unmarshal(body, &m) != nil || len(m.Attachments) != 1 {
		return card{}
	}
	return m.Attachments[0].Content
}

var live = regexp.MustCompile(`<[^\x{200b}]|\{[^\x{200b}]`)

func inert(c chattest.Call) error {
	shown := read(c.Body)
	if len(shown.Teams.Entities) > 0 {
		return errors.New("somebody is mentioned")
	}
	var texts []string
	for _, block := range shown.Body {
		texts = append(texts, block.Text)
		for _, f := range block.Facts {
			texts = append(texts, f.Title, f.Value)
		}
	}
	for _, button := range shown.Actions {
		texts = append(texts, button.Title)
	}
	for _, text := range texts {
		if found := live.FindString(text); found != "" {
			return fmt.Errorf("%q is live in %q", found, text)
		}
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless, Degrade: true}
	said := func(status int, code string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"error":{"code":%q,"message":"in Microsoft's words"}}`, code)
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			address := base + "/workflows/" + workflow + "/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + signature
			return teams.New(teams.Config{WebhookURL: secret.New(address)}, tools)
		},
		Secrets: []string{workflow, signature}, OK: chattest.Answer{Status: http.StatusAccepted},
		Receipt: chat.Receipt{Queued: true},
		Text:    func(c chattest.Call) string { return string(c.Body) }, Limit: 24 << 10, Unit: chat.Bytes, Inert: inert,
		Mentions: []string{"mona@example.com", "@0199d0c0-0000-7000-8000-000000000001", "<at>all</at>"},
		Answers: map[string]chattest.Refusal{
			"flow off":      said(400, "WorkflowTriggerIsNotEnabled", gone),
			"flow deleted":  said(404, "WorkflowNotFound", gone),
			"bad signature": said(401, "DirectApiAuthorizationRequired", gone),
			"bad schema":    said(400, "TriggerInputSchemaMismatch", refused),
			"too large":     said(413, "RequestEntityTooLarge", refused),
			"too often":     said(429, "TooManyRequests", retry.Advice{Kind: retry.Later, After: 5 * time.Second}),
			"bad gateway":   said(502, "NoResponse", retry.Advice{}),
		},
		Update: *update,
	})
}

// hear sends a message and gives the card that arrived.
func hear(t *testing.T, m chat.Message, status int) (card, chat.Receipt) {
	t.Helper()
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	s, err := teams.New(teams.Config{WebhookURL: secret.New(server.URL)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.Send(t.Context(), chat.Delivery{Message: m})
	if err != nil {
		t.Fatal(err)
	}
	return read(body), receipt
}

func TestOnlyA202IsQueued(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{http.StatusOK: false, http.StatusAccepted: true} {
		if _, got := hear(t, chat.Message{Title: "hi"}, status); got.Queued != want {
			t.Errorf("%d: queued is %v, want %v", status, got.Queued, want)
		}
	}
}

func TestWhatMattersIsColoured(t *testing.T) {
	t.Parallel()
	for severity, want := range map[webhook.Severity]string{
		webhook.Info: "", webhook.Notice: "Accent", webhook.Warning: "Warning", webhook.Error: "Attention", webhook.Critical: "Attention",
	} {
		if got, _ := hear(t, chat.Message{Title: "hi", Severity: severity}, 202); got.Body[0].Color != want {
			t.Errorf("%s: colour %q, want %q", severity, got.Body[0].Color, want)
		}
	}
}

func TestLinksAreButtonsAsFarAsTheyCanBe(t *testing.T) {
	t.Parallel()
	links := []webhook.Link{{Text: "mail", URL: "mailto:a@example.com"}, {Text: "named only"}}
	for range 7 {
		links = append(links, webhook.Link{Text: "web", URL: "https://example.com/"})
	}
	got, _ := hear(t, chat.Message{Title: "hi", Links: links}, 202)
	if len(got.Actions) != 5 || got.Actions[0].Title != "web" {
		t.Errorf("buttons %+v, want 5 of the web", got.Actions)
	}
	want := "[mail](mailto:a@example.com)\n\nnamed only\n\n[web](https://example.com/)\n\n[web](https://example.com/)"
	if last := got.Body[len(got.Body)-1].Text; last != want {
		t.Errorf("lines %q, want %q", last, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ url, words string }{
		"no webhook_url":      {"", "missing"},
		"a bad webhook_url":   {"prod-01.logic.azure.com/" + workflow, "http"},
		"a retired connector": {"https://secret.Webhook.Office.com/webhookb2/" + workflow, "retired"},
		"an older one":        {"https://outlook.office.com/webhook/secret@" + workflow, "retired"},
		"one of 365":          {"https://Outlook.Office365.com/webhook/secret@" + workflow, "retired"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := teams.New(teams.Config{WebhookURL: secret.New(c.url)}, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), c.words) {
				t.Errorf("the error shows a secret, or does not speak of %q: %v", c.words, err)
			}
		})
	}
}
