package chattest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
)

const discordMax = 2000

func discordFault(status, code int, message string) *Answer {
	return say(status, fields{"message": message, "code": code})
}

func discordMessages(read func(*Platform, *http.Request, *Call) *Answer) dialect {
	return dialect{
		name: discord,
		read: func(p *Platform, r *http.Request, c *Call) *Answer {
			refusal := read(p, r, c)
			content := readDiscordContent(c)
			if refusal != nil {
				return refusal
			}
			return content
		},
		taken: func(c Call, n int) Answer {
			if discordHook.MatchString(strings.SplitN(c.Path, "?", 2)[0]) && !strings.Contains(c.Path, "wait=true") {
				return Answer{Status: http.StatusNoContent}
			}
			return *say(http.StatusOK, fields{
				"id": strconv.Itoa(1_000_000_000 + n), "channel_id": c.Channel, "content": c.Text, "nonce": c.Key,
			})
		},
		gone: func(c Call) Answer {
			if strings.Contains(c.Path, "/webhooks/") {
				return *discordFault(http.StatusNotFound, 10015, "Unknown Webhook")
			}
			return *discordFault(http.StatusNotFound, 10003, "Unknown Channel")
		},
		limited: func(_ Call, wait time.Duration) Answer {
			a := say(http.StatusTooManyRequests, fields{
				"message": "You are being rate limited.", "global": false,
				"retry_after": math.Ceil(wait.Seconds()*1000) / 1000,
			})
			a.Header.Set("Retry-After", whole(wait))
			a.Header.Set("X-RateLimit-Scope", "user")
			a.Header.Set("X-RateLimit-Remaining", "0")
			a.Header.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", wait.Seconds()))
			return *a
		},
	}
}

func readDiscordHook(p *Platform, r *http.Request, c *Call) *Answer {
	match := discordHook.FindStringSubmatch(r.URL.Path)
	c.Channel = match[1]
	if !p.knows(discord, match[1]+"/"+match[2]) {
		return discordFault(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	}
	return nil
}

func readDiscordBot(p *Platform, r *http.Request, c *Call) *Answer {
	c.Channel = discordChannel.FindStringSubmatch(r.URL.Path)[1]
	if !p.knows(discord, bearer(r, "Bot")) {
		return discordFault(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	return nil
}

func readDiscordContent(c *Call) *Answer {
	var m struct {
		Content string `json:"content"`
		Nonce   string `json:"nonce"`
		Enforce bool   `json:"enforce_nonce"`
	}
	if json.Unmarshal(c.Body, &m) != nil {
		return discordFault(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	c.Text = m.Content
	if m.Enforce {
		c.Key = m.Nonce
	}
	switch {
	case m.Content == "":
		return discordFault(http.StatusBadRequest, 50006, "Cannot send an empty message")
	case chat.UTF16.Len(m.Content) > discordMax, len(m.Nonce) > 25:
		return discordFault(http.StatusBadRequest, 50035, "Invalid Form Body")
	}
	return nil
}

const telegramMax = 4096

func telegramFault(code int, description string, parameters fields) *Answer {
	body := fields{"ok": false, "error_code": code, "description": description}
	if parameters != nil {
		body["parameters"] = parameters
	}
	return say(code, body)
}

func telegramBot() dialect {
	return dialect{
		name: telegram,
		read: readTelegram,
		taken: func(c Call, n int) Answer {
			return *say(http.StatusOK, fields{"ok": true, "result": fields{
				"message_id": n, "chat": fields{"id": c.Channel}, "text": c.Text,
			}})
		},
		gone: func(Call) Answer {
			return *telegramFault(http.StatusBadRequest, "Bad Request: chat not found", nil)
		},
		limited: func(_ Call, wait time.Duration) Answer {
			after := int(math.Ceil(wait.Seconds()))
			a := telegramFault(http.StatusTooManyRequests,
				fmt.Sprintf("Too Many Requests: retry after %d", after), fields{"retry_after": after})
			a.Header.Set("Retry-After", strconv.Itoa(after))
			return *a
		},
	}
}

func readTelegram(p *Platform, r *http.Request, c *Call) *Answer {
	var m struct {
		ChatID   json.RawMessage `json:"chat_id"`
		Text     string          `json:"text"`
		Entities []struct {
			Offset int `json:"offset"`
			Length int `json:"length"`
		} `json:"entities"`
	}
	malformed := json.Unmarshal(c.Body, &m) != nil
	c.Channel, c.Text = strings.Trim(string(m.ChatID), `"`), m.Text
	token := telegramPath.FindStringSubmatch(r.URL.Path)[1]
	bad := func(words string) *Answer { return telegramFault(http.StatusBadRequest, "Bad Request: "+words, nil) }
	size := chat.UTF16.Len(m.Text)
	switch {
	case !strings.Contains(token, ":"):
		return telegramFault(http.StatusNotFound, "Not Found", nil)
	case !p.knows(telegram, token):
		return telegramFault(http.StatusUnauthorized, "Unauthorized", nil)
	case malformed:
		return bad("can't parse entities: the request is no JSON")
	case c.Channel == "":
		return bad("chat_id is empty")
	case strings.TrimSpace(m.Text) == "":
		return bad("message text is empty")
	case size > telegramMax:
		return bad("message is too long")
	}
	for _, e := range m.Entities {
		if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > size {
			return bad("ENTITY_BOUNDS_INVALID")
		}
	}
	return nil
}
