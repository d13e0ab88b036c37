// Package attach gets what goes with a message: from an address that an event
// named, or from the upload in a job's own request. It is bounded in size and
// time, follows no word of a stranger to a private address, and keeps nothing.
package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"

	"postern/internal/fetch"
	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/chat"
)

// Bounds of one download.
const (
	timeout   = 15 * time.Second
	redirects = 3
)

// ErrTooLarge is a file that is larger than whoever asked can take.
var ErrTooLarge = errors.New("the file is too large")

// Records is the store, as far as uploads are concerned.
type Records interface {
	Load(ctx context.Context, id job.ID) (*job.Record, error)
	Body(ctx context.Context, id job.ID) ([]byte, error)
}

// Files opens attachments. It is safe for concurrent use.
type Files struct {
	records Records
	most    int64 // bytes, whatever a platform would take
	client  *http.Client
}

// New makes Files. Addresses are checked when they are dialed, after names were
// resolved, at every redirect anew; private ones must lie in private. No proxy is
// used: it could reach what we must not.
func New(records Records, most int64, private []netip.Prefix) *Files {
	dialer := &net.Dialer{Timeout: timeout, Control: fetch.Guard(private)}
	return &Files{records: records, most: most, client: &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, ForceAttemptHTTP2: true,
			MaxIdleConns: 8, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > redirects {
				return errors.New("too many redirects")
			}
			return nil
		},
	}}
}

// Open gives what an attachment of a job's message holds, at most most bytes.
func (f *Files) Open(ctx context.Context, id job.ID, a chat.Attachment, most int64) (chat.File, error) {
	most = min(most, f.most)
	var file chat.File
	var err error
	if a.Upload != "" {
		file, err = f.upload(ctx, id, a.Upload)
	} else {
		file, err = f.download(ctx, a.URL, most)
	}
	switch {
	case err != nil:
		return chat.File{}, err
	case int64(len(file.Data)) > most:
		return chat.File{}, ErrTooLarge
	case len(file.Data) == 0:
		return chat.File{}, errors.New("the file is empty")
	}
	file.Name = named(a.Name, file.Name)
	file.Type = http.DetectContentType(file.Data)
	return file, nil
}

// named is the name a file is shown under: never a path.
func named(names ...string) string {
	for _, name := range names {
		name = strings.TrimSpace(chat.Clean(strings.ReplaceAll(path.Base(strings.ReplaceAll(name, `\`, "/")), "\n", " ")))
		if name != "" && name != "." && name != "/" && name != ".." {
			return chat.Cut(name, 100, chat.Runes)
		}
	}
	return "file"
}

func (f *Files) upload(ctx context.Context, id job.ID, field string) (chat.File, error) {
	record, err := f.records.Load(ctx, id)
	if err != nil {
		return chat.File{}, fmt.Errorf("read upload: %w", err)
	}
	kept := record.Kept.Request
	if kept.Body, err = f.records.Body(ctx, id); err != nil {
		return chat.File{}, fmt.Errorf("read upload: %w", err)
	}
	form, err := routing.Request(kept).Form()
	if err != nil {
		return chat.File{}, fmt.Errorf("read upload: %w", err)
	}
	for _, file := range form.Files[field] {
		return chat.File{Name: file.Name, Data: file.Content}, nil
	}
	return chat.File{}, fmt.Errorf("read upload: the request has no file %q", field)
}

// download says of a failure what may be shown: an address from a payload may
// hold a key.
func (f *Files) download(ctx context.Context, address string, most int64) (chat.File, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return chat.File{}, errors.New("download: not an http or https address")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return chat.File{}, errors.New("download: not an http or https address")
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return chat.File{}, fmt.Errorf("download: %w", cause(err))
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return chat.File{}, fmt.Errorf("download: %s", answer.Status)
	}
	if answer.ContentLength > most {
		return chat.File{}, ErrTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil {
		return chat.File{}, fmt.Errorf("download: %w", cause(err))
	}
	return chat.File{Name: disposition(answer), Data: data}, nil
}

func disposition(answer *http.Response) string {
	if _, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return path.Base(answer.Request.URL.Path) // behind the redirects
}

// cause strips the address off an error of the client.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
