package chat_test

import (
	"bytes"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// TestAFileEndsWhereItEnds: whoever wrote the file may know the seed, which is
// made of an id that its sender was told.
func TestAFileEndsWhereItEnds(t *testing.T) {
	t.Parallel()
	const seed = "0199-0-team"
	fields := []webhook.Field{{Name: "chat_id", Value: "1"}}
	name := func(int) string { return "document" }
	made := func(data []byte) (boundary string, body []byte) {
		t.Helper()
		kind, body := chat.Multipart(seed, fields, []chat.File{{Name: "a.txt", Type: "text/plain", Data: data}}, name)
		_, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatal(err)
		}
		return params["boundary"], body
	}
	boundary, first := made([]byte("a"))
	if _, again := made([]byte("a")); !bytes.Equal(first, again) {
		t.Error("the same form gives other bytes")
	}
	hostile := "a\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n2\r\n--" + boundary + "--\r\n"
	boundary, body := made([]byte(hostile))
	form, err := multipart.NewReader(strings.NewReader(string(body)), boundary).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if got := form.Value["chat_id"]; len(got) != 1 || len(form.File["document"]) != 1 || form.File["document"][0].Size != int64(len(hostile)) {
		t.Errorf("got the chats %q and the files %v, want those of the form", got, form.File)
	}
}
