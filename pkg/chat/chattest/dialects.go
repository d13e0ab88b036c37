package chattest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
)

// The platforms that a Platform plays.
const (
	slack    = "slack"
	discord  = "discord"
	telegram = "telegram"
	onebot   = "onebot_v11"
	hook     = "webhook"
)

// dialect is how one platform speaks.
type dialect struct {
	name string
	// read fills in what the call says, and gives the platform's refusal of
	// what it does not take.
	read    func(*Platform, *http.Request, *Call) *Answer
	taken   func(c Call, number int) Answer
	gone    func(Call) Answer
	limited func(c Call, wait time.Duration) Answer
}

func dialectOf(path string) (dialect, bool) {
	switch {
	case strings.HasPrefix(path, "/services/"):
		return slackHooks(), true
	case path == "/api/chat.postMessage":
		return slackBot(), true
	case discordHook.MatchString(path):
		return discordMessages(readDiscordHook), true
	case discordChannel.MatchString(path):
		return discordMessages(readDiscordBot), true
	case telegramPath.MatchString(path):
		return telegramBot(), true
	case path == "/send_group_msg" || path == "/send_private_msg":
		return oneBot(), true
	case strings.HasPrefix(path, "/hook/"):
		return plainHook(), true
	}
	return dialect{}, false
}

var (
	discordHook    = regexp.MustCompile(`^/api(?:/v10)?/webhooks/([0-9]+)/([^/]+)$`)
	discordChannel = regexp.MustCompile(`^/api/v10/channels/([0-9]+)/messages$`)
	telegramPath   = regexp.MustCompile(`^/bot([^/]*)/sendMessage$`)
)

func object(v any) string { return string(chat.JSON(v)) }

type fields map[string]any

func say(status int, body any) *Answer {
	return &Answer{
		Status: status, Body: object(body),
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	}
}

// whole rounds a wait up to the whole seconds of a Retry-After.
func whole(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

// bearer gives the token behind scheme in Authorization, or "".
func bearer(r *http.Request, scheme string) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), scheme+" ")
	return token
}

const slackMax = 40_000

func slackHooks() dialect {
	word := func(status int, w string) *Answer { return &Answer{Status: status, Body: w} }
	return dialect{
		name: slack,
		read: func(p *Platform, r *http.Request, c *Call) *Answer {
			c.Channel = r.URL.Path
			var m struct {
				Text *string `json:"text"`
			}
			malformed := json.Unmarshal(c.Body, &m) != nil
			if m.Text != nil {
				c.Text = *m.Text
			}
			switch {
			case r.Method != http.MethodPost:
				return word(http.StatusMethodNotAllowed, "method_not_allowed")
			case !p.knows(slack, strings.TrimPrefix(r.URL.Path, "/services/")):
				return word(http.StatusNotFound, "no_service")
			case malformed || chat.UTF16.Len(c.Text) > slackMax:
				return word(http.StatusBadRequest, "invalid_payload")
			case c.Text == "":
				return word(http.StatusBadRequest, "no_text")
			}
			return nil
		},
		taken: func(Call, int) Answer { return Answer{Body: "ok"} },
		gone:  func(Call) Answer { return *word(http.StatusGone, "channel_is_archived") },
		limited: func(_ Call, wait time.Duration) Answer {
			a := word(http.StatusTooManyRequests, "rate_limited")
			a.Header = http.Header{"Retry-After": {whole(wait)}}
			return *a
		},
	}
}

func slackBot() dialect {
	fault := func(word string) *Answer { return say(http.StatusOK, fields{"ok": false, "error": word}) }
	return dialect{
		name: slack,
		read: func(p *Platform, r *http.Request, c *Call) *Answer {
			var m struct {
				Channel string `json:"channel"`
				Text    string `json:"text"`
			}
			malformed := json.Unmarshal(c.Body, &m) != nil
			c.Channel, c.Text = m.Channel, m.Text
			token := bearer(r, "Bearer")
			switch {
			case token == "":
				return fault("not_authed")
			case !p.knows(slack, token):
				return fault("invalid_auth")
			case malformed:
				return fault("invalid_arguments")
			case m.Channel == "":
				return fault("channel_not_found")
			case m.Text == "":
				return fault("no_text")
			case chat.UTF16.Len(m.Text) > slackMax:
				return fault("msg_too_long")
			}
			return nil
		},
		taken: func(c Call, n int) Answer {
			return *say(http.StatusOK, fields{"ok": true, "channel": c.Channel, "ts": fmt.Sprintf("1795485600.%06d", n)})
		},
		gone: func(Call) Answer { return *fault("channel_not_found") },
		limited: func(_ Call, wait time.Duration) Answer {
			a := say(http.StatusTooManyRequests, fields{"ok": false, "error": "ratelimited"})
			a.Header.Set("Retry-After", whole(wait))
			return *a
		},
	}
}

const oneBotMax = 3000

func oneBot() dialect {
	failed := func(code int, words string) *Answer {
		return say(http.StatusOK, fields{
			"status": "failed", "retcode": code, "data": nil, "message": words, "wording": words,
		})
	}
	return dialect{
		name: onebot,
		read: func(p *Platform, r *http.Request, c *Call) *Answer {
			bad := readOneBot(r.URL.Path, c)
			token := bearer(r, "Bearer")
			switch {
			case token == "":
				return &Answer{Status: http.StatusUnauthorized}
			case !p.knows(onebot, token):
				return &Answer{Status: http.StatusForbidden}
			case bad:
				return failed(1400, "请求参数错误")
			case chat.Runes.Len(c.Text) > oneBotMax:
				return failed(1200, "消息过长")
			}
			return nil
		},
		taken: func(_ Call, n int) Answer {
			return *say(http.StatusOK, fields{"status": "ok", "retcode": 0, "data": fields{"message_id": n}, "message": ""})
		},
		gone: func(Call) Answer { return *failed(1200, "机器人不在群中: 不在群") },
		// OneBot has no word for this; servers behind a proxy say 429.
		limited: func(_ Call, wait time.Duration) Answer {
			return Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {whole(wait)}}}
		},
	}
}

// readOneBot takes the array form only: a string could hold CQ codes.
func readOneBot(path string, c *Call) (bad bool) {
	var m struct {
		GroupID int64 `json:"group_id"`
		UserID  int64 `json:"user_id"`
		Message []struct {
			Type string            `json:"type"`
			Data map[string]string `json:"data"`
		} `json:"message"`
	}
	malformed := json.Unmarshal(c.Body, &m) != nil
	id := m.GroupID
	c.Channel = "group_" + strconv.FormatInt(m.GroupID, 10)
	if path == "/send_private_msg" {
		id = m.UserID
		c.Channel = "private_" + strconv.FormatInt(m.UserID, 10)
	}
	for _, s := range m.Message {
		switch s.Type {
		case "text":
			c.Text += s.Data["text"]
		case "at":
			c.Text += "@" + s.Data["qq"]
		default:
			malformed = true
		}
	}
	return malformed || id <= 0 || c.Text == ""
}

func plainHook() dialect {
	return dialect{
		name: hook,
		read: func(_ *Platform, r *http.Request, c *Call) *Answer {
			var m struct {
				Text string `json:"text"`
				Data struct {
					Text string `json:"text"`
				} `json:"data"`
			}
			malformed := json.Unmarshal(c.Body, &m) != nil
			c.Channel, c.Key, c.Text = r.URL.Path, r.Header.Get("Webhook-Id"), m.Data.Text
			if c.Text == "" {
				c.Text = m.Text
			}
			if malformed && strings.Contains(r.Header.Get("Content-Type"), "json") {
				return &Answer{Status: http.StatusBadRequest, Body: "not JSON"}
			}
			if malformed {
				c.Text = string(c.Body)
			}
			return nil
		},
		taken: func(Call, int) Answer { return Answer{Status: http.StatusNoContent} },
		gone:  func(Call) Answer { return Answer{Status: http.StatusGone, Body: "gone"} },
		limited: func(_ Call, wait time.Duration) Answer {
			return Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {whole(wait)}}}
		},
	}
}
