package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Filler is one job of Fill: with its notifications in their last states.
type Filler struct {
	ID    job.ID
	Kept  job.Kept
	Body  []byte
	State job.State
	Doc   job.Doc
	Notes []*job.Note
}

// Fill loads many jobs through the scripts of the usual path, in few round trips:
// add, then each notification at once in its last state, then the job's state.
func (s *Store) Fill(ctx context.Context, jobs []Filler) error {
	now := millis(time.Now())
	if _, err := s.each(ctx, s.scripts.add, len(jobs), func(i int) ([]string, []any) {
		f := jobs[i]
		intake, _ := json.Marshal(f.Kept)
		args := []any{string(f.ID), now, intake, "{}", pack(f.Body), 0, now, deliveryPrefix(f.Kept.Event.DeliveryID)}
		for _, name := range namesOf(f.Kept) {
			args = append(args, name)
		}
		return recordKeys(f.ID), args
	}); err != nil {
		return err
	}
	succeeded, failed := s.keep()
	owners, notes := []int{}, []*job.Note{}
	for i, f := range jobs {
		for _, n := range f.Notes {
			owners, notes = append(owners, i), append(notes, n)
		}
	}
	if _, err := s.each(ctx, s.scripts.note, len(notes), func(i int) ([]string, []any) {
		n, id := notes[i], jobs[owners[i]].ID
		doc, _ := json.Marshal(n)
		return recordKeys(id), []any{string(id), n.ID, "0", doc, string(n.State), `{"message":{"title":"t"}}`, now, succeeded, failed, n.ChatKey, "", `""`}
	}); err != nil {
		return err
	}
	_, err := s.each(ctx, s.scripts.save, len(jobs), func(i int) ([]string, []any) {
		f := jobs[i]
		doc, _ := json.Marshal(f.Doc)
		return recordKeys(f.ID), []any{string(f.ID), "1", doc, string(f.State), now, succeeded, failed, "", ""}
	})
	return err
}

// LoadScripts lets Redis know the scripts, as it does after a moment.
func (s *Store) LoadScripts(ctx context.Context, client redis.UniversalClient) error {
	for _, script := range []*redis.Script{s.scripts.add, s.scripts.note, s.scripts.save, s.scripts.remove, s.scripts.list} {
		if err := script.Load(ctx, client).Err(); err != nil {
			return err
		}
	}
	return nil
}
