package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// errChanged: somebody else wrote first; read again.
var errChanged = errors.New("record changed meanwhile")

// maxTries bounds how often a change is tried against other writers.
const maxTries = 50

// Change reads a job, lets change alter it, and writes it back; where another
// writer was faster it starts again, so change may run several times. An error
// of change ends it, nothing written: job.ErrLeave ends it without an error. The
// record is given as it then stands.
func (s *Store) Change(ctx context.Context, id job.ID, change func(*job.Record) error) (*job.Record, error) {
	for range maxTries {
		r, err := s.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := change(r); errors.Is(err, job.ErrLeave) {
			return r, nil
		} else if err != nil {
			return r, err
		}
		if err := s.save(ctx, r); err == nil || !errors.Is(err, errChanged) {
			return r, err
		}
	}
	return nil, fmt.Errorf("change job: %w", errChanged)
}

func (s *Store) save(ctx context.Context, r *job.Record) error {
	doc, err := json.Marshal(r.Doc)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	succeeded, failed := s.keep()
	check := ""
	if r.Doc.LeaseUntil != nil {
		check = millis(r.Doc.LeaseUntil.Time)
	}
	n, err := s.scripts.save.Run(ctx, s.redis, recordKeys(r.ID), string(r.ID), r.Version, doc, string(r.State),
		millis(time.Now()), succeeded, failed, check, r.Stopped).Int()
	return verdict("save job", n, err)
}

// MakeNotes stores notifications that are not there yet, with what they say.
// contents stand in the order of notes. Those that are there already stay as
// they are.
func (s *Store) MakeNotes(ctx context.Context, id job.ID, notes []*job.Note, contents []job.Content) error {
	for i, n := range notes {
		content, err := json.Marshal(contents[i])
		if err != nil {
			return fmt.Errorf("encode notification: %w", err)
		}
		n.Version = "0"
		if err := s.saveNote(ctx, id, n, "", string(content)); err != nil && !errors.Is(err, errChanged) {
			return err
		}
	}
	return nil
}

// ChangeNote is Change for one notification.
func (s *Store) ChangeNote(ctx context.Context, nid string, change func(*job.Note) error) (*job.Note, error) {
	id := job.IDOf(nid)
	for range maxTries {
		n, err := s.loadNote(ctx, id, nid)
		if err != nil {
			return nil, err
		}
		chat := n.ChatKey
		if err := change(n); errors.Is(err, job.ErrLeave) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		if err := s.saveNote(ctx, id, n, chat, ""); err == nil || !errors.Is(err, errChanged) {
			return n, err
		}
	}
	return nil, fmt.Errorf("change notification: %w", errChanged)
}

func (s *Store) loadNote(ctx context.Context, id job.ID, nid string) (*job.Note, error) {
	f, err := s.redis.HMGet(ctx, recordKeys(id)[0], "n:"+nid, "nv:"+nid, "ends", "stop").Result()
	if err != nil {
		return nil, unavailable("load notification", err)
	}
	doc, ok := f[0].(string)
	ends, _ := f[2].(string)
	if !ok || ended(ends, time.Now()) {
		return nil, job.ErrUnknown
	}
	version, _ := f[1].(string)
	n, err := noteFrom(doc, version)
	if err != nil {
		return nil, err
	}
	_, n.Stopped = f[3].(string)
	return n, nil
}

// Content reads what a notification says.
func (s *Store) Content(ctx context.Context, nid string) (job.Content, error) {
	var c job.Content
	stored, err := s.redis.HGet(ctx, recordKeys(job.IDOf(nid))[2], nid).Bytes()
	if errors.Is(err, redis.Nil) {
		return c, job.ErrUnknown
	}
	if err != nil {
		return c, unavailable("load message", err)
	}
	if err := json.Unmarshal(stored, &c); err != nil {
		return c, fmt.Errorf("decode message: %w", err)
	}
	return c, nil
}

// saveNote writes a notification back that was read with chat as its chat's key.
func (s *Store) saveNote(ctx context.Context, id job.ID, n *job.Note, chat, content string) error {
	doc, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notification: %w", err)
	}
	quoted, err := json.Marshal(chat)
	if err != nil {
		return fmt.Errorf("encode notification: %w", err)
	}
	succeeded, failed := s.keep()
	answer, err := s.scripts.note.Run(ctx, s.redis, recordKeys(id), string(id), n.ID, n.Version, doc, string(n.State), content,
		millis(time.Now()), succeeded, failed, n.ChatKey, chat, quoted).Int()
	return verdict("save notification", answer, err)
}

func verdict(doing string, answer int, err error) error {
	switch {
	case err != nil:
		return unavailable(doing, err)
	case answer < 0:
		return job.ErrUnknown
	case answer == 0:
		return errChanged
	default:
		return nil
	}
}
