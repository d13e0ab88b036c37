package source

import (
	"strings"
	"unicode/utf8"
)

// MaskMail leaves of an e-mail address what tells people apart: "m***@x.com".
// What is no address gives nothing.
func MaskMail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return ""
	}
	_, first := utf8.DecodeRuneInString(address)
	return address[:first] + "***" + address[at:]
}
