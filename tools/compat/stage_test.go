package compat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/internal/catalog"
	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/retry"
	"postern/pkg/webhook"
)

// stage is where one platform's sender is heard.
type stage struct {
	settings map[string]string // by key; {base} is the fake platform's address
	channel  string
	limit    int // 0: this test knows of none
	unit     chat.Unit
	// judge says what in a call could ping somebody or format what it should not.
	judge func(said) error
}

// said is what one call said: its texts, in a dialect known here only one, and
// the whole of it.
type said struct {
	texts []string
	body  []byte
}

func (s said) text() string { return strings.Join(s.texts, "\n") }

// stages are the platforms whose dialect this test knows. Any other of the
// catalog is given settings by guess, and judged by what pings anywhere.
func stages() map[string]stage {
	return map[string]stage{
		"console":    {channel: "default", judge: noControls},
		"slack":      {settings: map[string]string{"token": chattest.SlackToken, "api_url": "{base}"}, channel: "channel_C0123", limit: 4000, unit: chat.UTF16, judge: slackLinks},
		"discord":    {settings: map[string]string{"webhook_url": "{base}/api/webhooks/" + chattest.DiscordHook}, channel: "default", limit: 2000, unit: chat.UTF16, judge: discordPings},
		"telegram":   {settings: map[string]string{"token": chattest.TelegramToken, "api_url": "{base}"}, channel: "group_-1001", limit: 4096, unit: chat.UTF16, judge: telegramNames},
		"onebot_v11": {settings: map[string]string{"url": "{base}", "access_token": chattest.OneBotToken}, channel: "group_1", limit: 3000, unit: chat.Runes, judge: onebotSegments},
		"webhook":    {settings: map[string]string{"url": "{base}/hook/x"}, channel: "default"},
	}
}

// judges are what in the texts of a platform could ping, where its dialect is
// known here but no fake of it.
func judges() map[string]func(said) error {
	return map[string]func(said) error{
		"feishu": openTags, "teams": openTags, "wecom": openTags, "googlechat": chatTags, "dingtalk": dingtalkPings,
		"matrix": matrixPings, "zulip": zulipPings,
	}
}

// limits are what the platforms document of a text, where the dialect is not
// known here.
func limits() map[string]stage {
	return map[string]stage{
		"dingtalk": {limit: 20_000, unit: chat.Bytes}, "feishu": {limit: 20 << 10, unit: chat.Bytes},
		"googlechat": {limit: 32_000, unit: chat.Bytes}, "matrix": {limit: 65_536, unit: chat.Bytes},
		"mattermost": {limit: 16_383, unit: chat.Runes}, "ntfy": {limit: 4096, unit: chat.Bytes},
		"line":       {settings: map[string]string{"token": "a-token", "api_url": "{base}"}, channel: "group_C" + strings.Repeat("0", 32), limit: 5000, unit: chat.UTF16},
		"bark":       {settings: map[string]string{"url": "{base}"}, channel: "aDeviceKey", limit: 4096, unit: chat.Bytes},
		"pushover":   {settings: map[string]string{"token": "a-token", "api_url": "{base}"}, channel: strings.Repeat("u", 30)},
		"zulip":      {settings: map[string]string{"url": "{base}", "email": "bot@example.org", "api_key": "a-key"}, channel: "general"},
		"rocketchat": {limit: 5000, unit: chat.Runes}, "teams": {limit: 28 << 10, unit: chat.Bytes},
		"wecom": {limit: 4096, unit: chat.Bytes},
	}
}

// unheard are the chats that do not speak HTTP: their own suites hear them.
func unheard() []string { return []string{"email", "irc", "xmpp"} }

func noControls(s said) error {
	if strings.ContainsAny(s.text(), "\x1b\a\r\x7f\u009b\u202e") {
		return errors.New("a control character came through")
	}
	return nil
}

var tags = regexp.MustCompile(`<[^>]*>`)

// slackLinks: whatever stands in angle brackets is an order to Slack.
func slackLinks(s said) error {
	for _, tag := range tags.FindAllString(s.text(), -1) {
		if !strings.HasPrefix(tag, "<http") {
			return fmt.Errorf("%s is live", tag)
		}
	}
	return nil
}

func discordPings(s said) error {
	var m struct {
		Allowed struct {
			Parse        *[]string
			Users, Roles []string
		} `json:"allowed_mentions"`
	}
	err := json.Unmarshal(s.body, &m)
	if err != nil || m.Allowed.Parse == nil || len(*m.Allowed.Parse)+len(m.Allowed.Users)+len(m.Allowed.Roles) > 0 {
		return fmt.Errorf("allowed_mentions allows somebody (%w)", err)
	}
	return nil
}

func telegramNames(s said) error {
	if strings.Contains(string(s.body), "parse_mode") || strings.Contains(strings.ReplaceAll(s.text(), "@\u2060", ""), "@") {
		return errors.New("an @ is unbroken, or markup is parsed")
	}
	return nil
}

func onebotSegments(s said) error {
	var m struct{ Message []struct{ Type string } }
	if err := json.Unmarshal(s.body, &m); err != nil {
		return err
	}
	for _, segment := range m.Message {
		if segment.Type != "text" {
			return fmt.Errorf("a segment is %q", segment.Type)
		}
	}
	return nil
}

// matrixPings: who is pinged stands in a list, for whoever reads it; @room pings the
// others.
func matrixPings(s said) error {
	var m struct {
		Mentions map[string]any `json:"m.mentions"`
	}
	err := json.Unmarshal(s.body, &m)
	if err != nil || m.Mentions == nil || len(m.Mentions) > 0 || strings.Contains(s.text(), "@room") {
		return fmt.Errorf("m.mentions is missing or names somebody, or @room is unbroken (%w)", err)
	}
	return nil
}

// zulipPings: a name pings by what follows its @; a topic pings nobody.
func zulipPings(s said) error {
	form, err := url.ParseQuery(string(s.body))
	if found := regexp.MustCompile(`@_?[A-Za-z0-9*]|#\*\*`).FindString(form.Get("content")); err != nil || found != "" {
		return fmt.Errorf("%q is live (%w)", found, err)
	}
	return nil
}

// opening is an angle bracket that nothing parts from what it opens; ours, around a
// mark in a colour, aside.
var opening = regexp.MustCompile(`<[^\x{200b} ]`)

func openTags(s said) error {
	ours := regexp.MustCompile(`<font color="(?:warning|comment)">●</font>`)
	if tag := opening.FindString(ours.ReplaceAllString(s.text(), "")); tag != "" {
		return fmt.Errorf("%s is live", tag)
	}
	return nil
}

// chatTags: what an angle bracket opens is a link of ours, or an order to Google.
func chatTags(s said) error {
	for _, tag := range tags.FindAllString(s.text(), -1) {
		if !strings.HasPrefix(tag, "<http") && !strings.HasPrefix(tag, "<mailto:") && !strings.HasPrefix(tag, "<\u200b") {
			return fmt.Errorf("%s is live", tag)
		}
	}
	return nil
}

func dingtalkPings(s said) error {
	var m struct {
		At *struct {
			AtMobiles, AtUserIDs []string
			IsAtAll              bool
		}
	}
	err := json.Unmarshal(s.body, &m)
	if err != nil || m.At == nil || m.At.IsAtAll || len(m.At.AtMobiles)+len(m.At.AtUserIDs) > 0 {
		return fmt.Errorf("at names somebody (%w)", err)
	}
	return nil
}

// pingsAnywhere looks for what pings a room on one platform or another.
func pingsAnywhere(s said) error {
	for _, bomb := range []string{"@everyone", "@here", "@all", "@channel", "@room", "<!", "<at ", "<users/", "[CQ:"} {
		if strings.Contains(s.text(), bomb) {
			return fmt.Errorf("%s is unbroken", bomb)
		}
	}
	return nil
}

// theater holds a sender of every chat of the catalog, each on its stage.
type theater struct {
	actors []*actor
}

type actor struct {
	name   string
	stage  stage
	sender chat.Sender
	known  bool // its platform answers as the real one does

	mu   sync.Mutex
	last said
}

func (a *actor) hear(s said) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = s
}

// newTheater builds every sender. All of it ends with the test.
func newTheater(t *testing.T, known map[string]stage) theater {
	t.Helper()
	platform := chattest.NewPlatform(t)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	var all theater
	for _, d := range catalog.Chats() {
		if slices.Contains(unheard(), d.Type) {
			continue
		}
		a := &actor{name: d.Type}
		base := platform.URL
		if a.stage, a.known = known[d.Type]; !a.known {
			a.stage, base = limits()[d.Type], anywhere(t, a)
			if a.stage.judge = judges()[d.Type]; a.stage.judge == nil {
				a.stage.judge = pingsAnywhere
			}
		}
		a.enter(t, d, base, client)
		all.actors = append(all.actors, a)
	}
	platform.Fail(func(c chattest.Call) *chattest.Answer {
		for _, a := range all.actors {
			if a.name == c.Platform {
				a.hear(said{texts: []string{c.Text}, body: c.Body})
			}
		}
		return nil // the platform judges it
	})
	return all
}

// enter builds the sender.
func (a *actor) enter(t *testing.T, d chat.Definition, base string, client *http.Client) {
	t.Helper()
	var err error
	a.sender, err = d.Build(a.stage.decode(base), chat.Tools{HTTP: client, Stdout: writer(func(text string) {
		a.hear(said{texts: []string{text}, body: []byte(text)})
	})})
	if err != nil {
		t.Fatalf("the chat %s needs a stage of its own here: %v", d.Type, err)
	}
	if a.stage.channel == "" {
		a.stage.channel = channel(a.sender)
	}
}

type writer func(string)

func (w writer) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}

// decode is the config's decoder for a stage's settings; without any, it gives
// each key a value of the kind that its name asks for.
func (s stage) decode(base string) func(any) error {
	return func(into any) error {
		settings := s.settings
		if settings == nil {
			settings = guess(into)
		}
		written := map[string]string{}
		for key, value := range settings {
			written[key] = strings.ReplaceAll(value, "{base}", base)
		}
		return fill(written)(into)
	}
}

// guess gives settings to a chat that this test has not heard of: its incoming
// webhook where it has one, else an address and a token.
func guess(into any) map[string]string {
	keys := map[string]bool{}
	for field := range reflect.TypeOf(into).Elem().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		keys[key] = true
	}
	if keys["webhook_url"] {
		return map[string]string{"webhook_url": "{base}/services/T0/B0/X"}
	}
	return map[string]string{"url": "{base}", "api_url": "{base}", "token": "a-token", "access_token": "a-token"}
}

// channel finds one that a sender takes.
func channel(s chat.Sender) string {
	if !s.Capabilities().Channels {
		return "default"
	}
	names := []string{"channel_C0123", "group_1", "room_!a:example.org", "!a:example.org", "general", "mail_a@example.org", "a@example.org", "1"}
	if checker, ok := s.(chat.ChannelChecker); ok {
		names = slices.DeleteFunc(names, func(name string) bool { return checker.CheckChannel(name) != nil })
	}
	if len(names) == 0 {
		return "default"
	}
	return names[0]
}

// anywhere is a platform that says yes in every dialect that has a word for it.
func anywhere(t *testing.T, a *actor) string {
	t.Helper()
	const yes = `{"ok":true,"success":true,"code":0,"errcode":0,"StatusCode":0,"status":"ok","result":"success",` +
		`"event_id":"$1","name":"spaces/a/messages/1","ts":"1.5","message_id":"1"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a.hear(said{texts: texts(body), body: body})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, yes)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// texts gives the strings of a JSON body, or all of any other.
func texts(body []byte) []string {
	var root any
	if json.Unmarshal(body, &root) != nil {
		return []string{string(body)}
	}
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(root)
	return found
}

// play sends a message on every stage and gives what is wrong with what
// arrived.
func (all theater) play(t *testing.T, e webhook.Event, m chat.Message) (faults []string) {
	t.Helper()
	for _, a := range all.actors {
		a.hear(said{})
		_, err := a.sender.Send(t.Context(), chat.Delivery{
			ID: "0199d0c0-0000-7000-8000-000000000001-0-team", JobID: "0199d0c0-0000-7000-8000-000000000001",
			Channel: a.stage.channel, Message: m, Event: &e, AcceptedAt: e.OccurredAt,
		})
		// A platform that is not known here may not be understood when it says yes.
		if err != nil && (a.known || retry.AdviceOn(err).Kind != retry.Lost) {
			faults = append(faults, fmt.Sprintf("%s: %v", a.name, err))
			continue
		}
		if err := a.judged(); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", a.name, err))
		}
	}
	return faults
}

func (a *actor) judged() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last.text() == "" {
		return errors.New("nothing arrived")
	}
	for _, text := range a.last.texts {
		if size := a.stage.unit.Len(text); a.stage.limit > 0 && size > a.stage.limit {
			return fmt.Errorf("%d units arrived, %d are allowed", size, a.stage.limit)
		}
	}
	if a.stage.judge == nil {
		return nil
	}
	return a.stage.judge(a.last)
}

// TestTheStagesJudge: each judge refuses what its platform would act on.
func TestTheStagesJudge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage stage
		said  said
	}{
		"console":    {stages()["console"], said{texts: []string{"\x1b[31m"}}},
		"slack":      {stages()["slack"], said{texts: []string{"<!channel>"}}},
		"discord":    {stages()["discord"], said{texts: []string{"x"}, body: []byte(`{"allowed_mentions":{"parse":["everyone"]}}`)}},
		"telegram":   {stages()["telegram"], said{texts: []string{"@mona"}}},
		"onebot_v11": {stages()["onebot_v11"], said{texts: []string{"x"}, body: []byte(`{"message":[{"type":"at"}]}`)}},
		"feishu":     {stage{judge: judges()["feishu"]}, said{texts: []string{`<at user_id="all">`}}},
		"googlechat": {stage{judge: judges()["googlechat"]}, said{texts: []string{"<users/all>"}}},
		"dingtalk":   {stage{judge: judges()["dingtalk"]}, said{texts: []string{"x"}, body: []byte(`{"at":{"isAtAll":true}}`)}},
		"matrix":     {stage{judge: judges()["matrix"]}, said{texts: []string{"x"}, body: []byte(`{"m.mentions":{"room":true}}`)}},
		"zulip":      {stage{judge: judges()["zulip"]}, said{texts: []string{"x"}, body: []byte("content=%40**all**")}},
		"any other":  {stage{judge: pingsAnywhere}, said{texts: []string{"@everyone"}}},
		"too long":   {stage{limit: 3, unit: chat.Runes}, said{texts: []string{"x", "wörld"}}},
		"nothing":    {stage{}, said{}},
	} {
		if err := (&actor{stage: c.stage, last: c.said}).judged(); err == nil {
			t.Errorf("%s: nothing was found wrong with %q", name, c.said.texts)
		}
	}
}

// TestAChatThatIsNewIsHeard: what this test has no stage for is built by guess
// and heard.
func TestAChatThatIsNewIsHeard(t *testing.T) {
	t.Parallel()
	known := stages()
	for _, name := range []string{"console", "slack", "onebot_v11", "webhook"} {
		delete(known, name)
	}
	e := webhook.Event{Source: "github", Type: "push", Severity: webhook.Info, Title: "pushed"}
	for _, fault := range newTheater(t, known).play(t, e, chat.Message{Title: "pushed"}) {
		t.Error(fault)
	}
}
