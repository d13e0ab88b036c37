package feishu

import (
	"strings"

	"postern/pkg/chat"
)

// post is a rich text of Feishu's, used for its plainness: what stands in a text
// is never read as markup, as it is in a message of the kind "text".
type post struct {
	Language postBody `json:"zh_cn"`
}

type postBody struct {
	Title   string       `json:"title"`
	Content [][]postText `json:"content"` // paragraphs
}

type postText struct {
	Tag    string `json:"tag"` // text or at
	Text   string `json:"text,omitempty"`
	UserID string `json:"user_id,omitempty"`
}

func plain(m chat.Message) content {
	body := untagged(m.Flow().String())
	var all [][]postText
	if pings := postMentions(m.Mentions); len(pings) > 0 {
		all = append(all, pings)
	}
	if body != "" {
		all = append(all, []postText{{Tag: "text", Text: body}})
	}
	return content{post: &post{Language: postBody{Content: all}}, empty: len(all) == 0}
}

func postMentions(names []string) []postText {
	var pings []postText
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case memberID.MatchString(name):
			pings = append(pings, postText{Tag: "at", UserID: name})
		case name != "":
			pings = append(pings, postText{Tag: "text", Text: " " + untagged(name) + " "})
		}
	}
	return pings
}
