package chattest_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/discord"
	"postern/pkg/chat/onebot_v11"
	"postern/pkg/chat/slack"
	"postern/pkg/chat/telegram"
	"postern/pkg/chat/webhook"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

// voice is one way of speaking to a Platform.
type voice struct {
	sender  chat.Sender
	channel string // of the chat key
	native  string // as the platform calls it
	exact   bool   // its 429 is exact to less than a second
}

func voices(t *testing.T, p *chattest.Platform) map[string]voice {
	t.Helper()
	tools := chat.Tools{HTTP: &http.Client{Timeout: 10 * time.Second}}
	must := func(s chat.Sender, err error) chat.Sender {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	slackHook, err1 := slack.New(slack.Config{WebhookURL: secret.New(p.URL + "/services/" + chattest.SlackHook)}, tools)
	slackBot, err2 := slack.New(slack.Config{Token: secret.New(chattest.SlackToken), APIURL: p.URL}, tools)
	discordHook, err3 := discord.New(discord.Config{WebhookURL: secret.New(p.URL + "/api/webhooks/" + chattest.DiscordHook)}, tools)
	discordBot, err4 := discord.New(discord.Config{Token: secret.New(chattest.DiscordToken), APIURL: p.URL}, tools)
	telegramBot, err5 := telegram.New(telegram.Config{Token: secret.New(chattest.TelegramToken), APIURL: p.URL}, tools)
	oneBot, err6 := onebot_v11.New(onebot_v11.Config{URL: p.URL, AccessToken: secret.New(chattest.OneBotToken)}, tools)
	hook, err7 := webhook.New(webhook.Config{URL: secret.New(p.URL + "/hook/team")}, tools)
	return map[string]voice{
		"slack webhook":   {must(slackHook, err1), "default", "/services/" + chattest.SlackHook, false},
		"slack bot":       {must(slackBot, err2), "C1", "C1", false},
		"discord webhook": {must(discordHook, err3), "default", "112233445566778899", true},
		"discord bot":     {must(discordBot, err4), "77", "77", true},
		"telegram":        {must(telegramBot, err5), "group_-100", "-100", false},
		"onebot_v11":      {must(oneBot, err6), "group_5", "group_5", false},
		"webhook":         {must(hook, err7), "default", "/hook/team", false},
	}
}

func delivery(id, channel, text string) chat.Delivery {
	return chat.Delivery{ID: id, Channel: channel, Message: chat.Message{Body: chat.Plain(text)}}
}

func TestEveryPlatformTakesRemembersAndRefuses(t *testing.T) {
	t.Parallel()
	for name := range voices(t, chattest.NewPlatform(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := chattest.NewPlatform(t)
			v := voices(t, p)[name]
			if _, err := v.sender.Send(t.Context(), delivery("n-1", v.channel, "hello")); err != nil {
				t.Fatal(err)
			}
			calls, err := p.Await(1, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got := calls[0]; got.Channel != v.native || got.Text != "hello" || len(got.Body) == 0 || got.At.IsZero() {
				t.Errorf("remembered %+v, want hello in %s", got, v.native)
			}

			p.Limit(1)
			var limited error
			for _, id := range []string{"n-2", "n-3"} {
				_, limited = v.sender.Send(t.Context(), delivery(id, v.channel, "again"))
			}
			a := retry.AdviceOn(limited)
			if a.Kind != retry.Later || a.After <= 0 || a.After > time.Second || (!v.exact && a.After != time.Second) {
				t.Errorf("over the limit: %+v, want a wait of a second: %v", a, limited)
			}

			p.Limit(0)
			p.Remove(v.native)
			_, err = v.sender.Send(t.Context(), delivery("n-4", v.channel, "lost"))
			if a := retry.AdviceOn(err); a.Kind != retry.Hopeless || !a.Broken {
				t.Errorf("gone: %+v, want hopeless and broken: %v", a, err)
			}
			p.Restore(v.native)
			if _, err = v.sender.Send(t.Context(), delivery("n-5", v.channel, "back")); err != nil {
				t.Error(err)
			}
			if got := len(p.Messages()); got != 3 {
				t.Errorf("%d messages were accepted, want 3", got)
			}
			if got := p.Requests(); got != 5 {
				t.Errorf("%d requests came, want 5", got)
			}
		})
	}
}

func TestDocumentedRefusals(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	long := strings.Repeat("x", 41_000)
	const slackAPI, hook, bot = "/api/chat.postMessage", "/services/" + chattest.SlackHook, "/bot" + chattest.TelegramToken + "/sendMessage"
	discordHook, discordBot := "/api/v10/webhooks/"+chattest.DiscordHook, "/api/v10/channels/1/messages"
	cases := map[string]struct {
		path, auth, body string
		status           int
		want             string
	}{
		"slack: unknown webhook":     {"/services/T/B/x", "", `{"text":"x"}`, 404, "no_service"},
		"slack: no JSON":             {hook, "", `{`, 400, "invalid_payload"},
		"slack: no text":             {hook, "", `{}`, 400, "no_text"},
		"slack: no token":            {slackAPI, "", `{}`, 200, "not_authed"},
		"slack: bad token":           {slackAPI, "Bearer no", `{}`, 200, "invalid_auth"},
		"slack: too long":            {slackAPI, "Bearer " + chattest.SlackToken, `{"channel":"C1","text":"` + long + `"}`, 200, "msg_too_long"},
		"discord: bad webhook token": {"/api/webhooks/1/no", "", `{"content":"x"}`, 401, "50027"},
		"discord: bad bot token":     {discordBot, "Bot no", `{"content":"x"}`, 401, "Unauthorized"},
		"discord: no JSON":           {discordHook, "", `x`, 400, "50109"},
		"discord: empty":             {discordHook, "", `{"content":""}`, 400, "50006"},
		"discord: too long":          {discordHook, "", `{"content":"` + strings.Repeat("🔥", 1001) + `"}`, 400, "50035"},
		"discord: wait is not asked": {discordHook, "", `{"content":"x"}`, 204, ""},
		"telegram: bad token":        {"/bot1:no/sendMessage", "", `{}`, 401, "Unauthorized"},
		"telegram: no token":         {"/botno/sendMessage", "", `{}`, 404, "Not Found"},
		"telegram: empty":            {bot, "", `{"chat_id":1,"text":" "}`, 400, "message text is empty"},
		"telegram: no chat":          {bot, "", `{"text":"x"}`, 400, "chat_id is empty"},
		"telegram: too long":         {bot, "", `{"chat_id":1,"text":"` + strings.Repeat("🔥", 2049) + `"}`, 400, "message is too long"},
		"telegram: entity outside":   {bot, "", `{"chat_id":1,"text":"x","entities":[{"offset":0,"length":2}]}`, 400, "ENTITY_BOUNDS_INVALID"},
		"onebot: no token":           {"/send_group_msg", "", `{}`, 401, ""},
		"onebot: bad token":          {"/send_group_msg", "Bearer no", `{}`, 403, ""},
		"onebot: string form":        {"/send_group_msg", "Bearer " + chattest.OneBotToken, `{"group_id":1,"message":"[CQ:at,qq=all]"}`, 200, `"retcode":1400`},
		"webhook: no JSON":           {"/hook/a", "", `x`, 400, "not JSON"},
		"nobody's path":              {"/elsewhere", "", `{}`, 404, "not found"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", c.auth)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != c.status || !strings.Contains(string(body), c.want) {
				t.Errorf("%d %s (%v), want %d with %q", res.StatusCode, body, err, c.status, c.want)
			}
		})
	}
}

func TestAwaitWakesForEachMessage(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	v := voices(t, p)["webhook"]
	var all sync.WaitGroup
	all.Go(func() {
		if calls, err := p.Await(20, 10*time.Second); err != nil || len(calls) < 20 {
			t.Errorf("Await gave %d, %v, want 20", len(calls), err)
		}
	})
	for range 20 {
		all.Go(func() {
			if _, err := v.sender.Send(t.Context(), delivery("n", v.channel, "x")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := p.Await(21, time.Millisecond); err == nil {
		t.Error("Await found a message that nobody sent")
	}
}

func TestAClosedPlatformRefusesAndWakesWhoWaits(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	v := voices(t, p)["webhook"]
	waiting := make(chan error, 1)
	go func() {
		_, err := p.Await(1, 10*time.Second)
		waiting <- err
	}()
	p.Close()
	if err := <-waiting; err == nil {
		t.Error("Await found a message on a closed platform")
	}
	// Its port may be another test's by now, so how this fails does not matter.
	if _, err := v.sender.Send(t.Context(), delivery("n", v.channel, "x")); err == nil {
		t.Error("a closed platform took a message")
	}
}

func TestInjectedFaults(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	v := voices(t, p)["telegram"]
	p.Fail(func(c chattest.Call) *chattest.Answer {
		switch c.Text {
		case "slow":
			return &chattest.Answer{Status: 500, Delay: 20 * time.Millisecond}
		case "took it and fell silent":
			return &chattest.Answer{Reset: true, Accept: true}
		case "fell silent":
			return &chattest.Answer{Reset: true}
		}
		return nil
	})
	want := map[string]retry.Kind{"slow": retry.Again, "took it and fell silent": retry.Lost, "fell silent": retry.Lost}
	for text, kind := range want {
		_, err := v.sender.Send(t.Context(), delivery("n", v.channel, text))
		if got := retry.AdviceOn(err).Kind; err == nil || got != kind {
			t.Errorf("%s: advice %v, want %v: %v", text, got, kind, err)
		}
	}
	if got := p.Messages(); len(got) != 1 || got[0].Text != "took it and fell silent" {
		t.Errorf("accepted %+v, want the one that was taken", got)
	}
}
