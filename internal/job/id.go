package job

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ErrID is what every string is that is no job id.
var ErrID = errors.New("not a job id")

// ID is a UUIDv7 whose last 8 bits are the shard of the job, so that any
// reader finds the record from the id alone. Ids sort by time of acceptance.
type ID string

// NewID makes an id in a shard (0 to 255).
func NewID(shard uint8) (ID, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make a job id: %w", err)
	}
	u[15] = shard
	return ID(u.String()), nil
}

// ParseID takes a job id in its canonical form, in either case.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.Version() != 7 || u.String() != strings.ToLower(s) {
		return "", ErrID
	}
	return ID(u.String()), nil
}

// Shard gives the shard the id was made in; 0 for what is no id.
func (id ID) Shard() uint8 {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return 0
	}
	return u[15]
}

// Notification names the notification of one event to one chat; key is empty
// but for messages that a plugin's handler sends.
func (id ID) Notification(event int, chat, key string) string {
	if key == "" {
		return fmt.Sprintf("%s-%d-%s", id, event, chat)
	}
	return fmt.Sprintf("%s-%d-%s-%s", id, event, chat, key)
}

// idLength is the length of a job id in its canonical form.
const idLength = 36

// IDOf gives the job of a notification's id; empty for what is no such id.
func IDOf(notification string) ID {
	if len(notification) < idLength {
		return ""
	}
	return ID(notification[:idLength])
}

// Time gives the moment the id was made, to the millisecond; zero for what is
// no id.
func (id ID) Time() time.Time {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return time.Time{}
	}
	ms := int64(u[0])<<40 | int64(u[1])<<32 | int64(u[2])<<24 | int64(u[3])<<16 | int64(u[4])<<8 | int64(u[5])
	return time.UnixMilli(ms)
}
