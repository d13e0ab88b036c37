package discord

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
)

// maxParts is how many messages one may become; what is longer is cut.
const maxParts = 5

// pages parts d by Discord's limit, and gives how each part is written.
func pages(d chat.Delivery, m chat.Message) ([]chat.Message, func(chat.Message) string) {
	m, write := m.Clean(), markdown().Write
	if d.Plain {
		m, write = m.Unstyled(), chat.Dialect{Escape: escape}.Write
	}
	pings, _ := mentions(m.Mentions)
	render := func(m chat.Message) string {
		body := write(m.Flow())
		if len(m.Mentions) > 0 {
			body = pings + body
		}
		return strings.TrimSpace(body)
	}
	return chat.Split(m, maxParts, maxContent, chat.UTF16, render), render
}

func markdown() chat.Dialect {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "**" + s + "**" },
		Code:   code,
		Link:   link,
	}
}

// link writes a masked link, which Discord has for web addresses only; the
// angle brackets allow any character in it.
func link(text, url string) string {
	if !strings.HasPrefix(strings.ToLower(url), "http") {
		return text + " (" + escape(url) + ")"
	}
	return "[" + text + "](<" + strings.ReplaceAll(url, "@", "%40") + ">)"
}

func code(s string) string {
	if strings.Contains(s, "`") {
		return escape(s)
	}
	return "`" + broken(s) + "`"
}

// bareURL is an address without any character that markup could begin with;
// Discord takes it as a whole, and a backslash within would become part of it.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,;!$_-]+`)

// escape makes text inert: backslashes before marks, but not within addresses.
func escape(s string) string {
	return broken(lineStarts.ReplaceAllString(chat.Between(s, bareURL, marks), `$1\$2`))
}

func marks(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "|", `\|`,
		"<", `\<`, "[", `\[`, "]", `\]`).Replace(s)
}

// lineStarts are the marks that mean something only where a line begins.
var lineStarts = regexp.MustCompile(`(?m)^([ \t]*)([#>+-])`)

// broken parts the two words that ping a whole server from their @. They could
// not ping anyway, unless the config itself allows one of them.
func broken(s string) string {
	return strings.NewReplacer("@everyone", "@\u200beveryone", "@here", "@\u200bhere").Replace(s)
}

// allowed is Discord's list of who may be pinged; empty lists mean nobody.
type allowed struct {
	Parse []string `json:"parse"`
	Users []string `json:"users,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

var digits = regexp.MustCompile(`^[0-9]{1,20}$`)

// mentions pings on purpose: a user's id, "&" and a role's id, everyone, here;
// anything else is a word.
func mentions(names []string) (string, allowed) {
	permitted := allowed{Parse: []string{}}
	var pings []string
	for _, name := range names {
		name = strings.Trim(name, "<@!>")
		role, isRole := strings.CutPrefix(name, "&")
		switch {
		case name == "everyone" || name == "here":
			permitted.Parse = []string{"everyone"}
			pings = append(pings, "@"+name)
		case isRole && digits.MatchString(role):
			permitted.Roles = append(permitted.Roles, role)
			pings = append(pings, "<@&"+role+">")
		case digits.MatchString(name):
			permitted.Users = append(permitted.Users, name)
			pings = append(pings, "<@"+name+">")
		case name != "":
			pings = append(pings, escape(chat.Clean(name)))
		}
	}
	if len(pings) == 0 {
		return "", permitted
	}
	return strings.Join(pings, " ") + "\n", permitted
}
