package feishu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"postern/pkg/secret"
)

// hookCall is what a custom bot's webhook takes.
type hookCall struct {
	Timestamp string       `json:"timestamp,omitempty"`
	Sign      string       `json:"sign,omitempty"`
	Kind      string       `json:"msg_type"`
	Card      *card        `json:"card,omitempty"`
	Content   *hookContent `json:"content,omitempty"`
}

type hookContent struct {
	Post *post `json:"post"`
}

// signed is c with this attempt's time and signature, where the bot checks them.
func (s *Sender) signed(c content, now time.Time) hookCall {
	call := hookCall{Kind: c.kind(), Card: c.card}
	if c.post != nil {
		call.Content = &hookContent{Post: c.post}
	}
	if !s.secret.Empty() {
		call.Timestamp = strconv.FormatInt(now.Unix(), 10)
		call.Sign = sign(s.secret, call.Timestamp)
	}
	return call
}

// sign is the code of nothing under a key made of the time, in seconds, and the
// secret: not the other way round, as others have it.
func sign(key secret.Text, stamp string) string {
	mac := hmac.New(sha256.New, []byte(stamp+"\n"+key.Reveal()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
