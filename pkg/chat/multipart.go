package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"

	"postern/pkg/webhook"
)

// Multipart encodes a form with files, as multipart/form-data: the fields in
// their order, then each file under a name of name's, which is given its number.
// seed and all that stands in the form make the boundary: the same form gives the
// same bytes, and no file holds the boundary of its own form, whoever knows seed.
func Multipart(seed string, fields []webhook.Field, files []File, name func(n int) string) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary(seed, fields, files)); err != nil {
		panic("chat: " + err.Error()) // it is made of letters and digits
	}
	for _, f := range fields {
		_ = w.WriteField(f.Name, f.Value) // a bytes.Buffer takes everything
	}
	for n, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": name(n), "filename": f.Name}))
		h.Set("Content-Type", f.Type)
		part, err := w.CreatePart(h)
		if err != nil {
			panic(fmt.Sprintf("chat: %v", err))
		}
		_, _ = part.Write(f.Data)
	}
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func boundary(seed string, fields []webhook.Field, files []File) string {
	sum := sha256.New()
	_, _ = io.WriteString(sum, seed)
	for _, f := range fields {
		_, _ = io.WriteString(sum, "\n"+f.Value)
	}
	for _, f := range files {
		_, _ = sum.Write(f.Data)
	}
	return "postern" + hex.EncodeToString(sum.Sum(nil)[:16])
}
