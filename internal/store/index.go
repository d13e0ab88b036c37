package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/google/uuid"

	"postern/internal/job"
)

// Names in a shard's index, as lua/index.lua says.
const (
	hookName  = "hook:"
	eventName = "event:"
	chatName  = "chat:"
)

// namesOf gives the names a job has from its first moment on.
func namesOf(kept job.Kept) []string {
	return []string{hookName + kept.Plugin + kept.Endpoint, nameOfEvent(kept.Event.Type, kept.Event.Action)}
}

// allNamesOf adds those it has since, but for its standing.
func allNamesOf(r *job.Record) []string {
	names := namesOf(r.Kept)
	for _, n := range r.Notes {
		if name := chatName + n.ChatKey; n.ChatKey != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func nameOfEvent(kind, action string) string {
	return eventName + word(kind) + "\x00" + word(action)
}

// longestWord bounds what a sender may put into a key.
const longestWord = 64

func word(s string) string {
	if len(s) <= longestWord && !strings.Contains(s, "\x00") {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "#" + hex.EncodeToString(sum[:16])
}

// deliveryPrefix stands before the ids of the jobs of a delivery id: all of
// them lie in one set.
func deliveryPrefix(deliveryID string) string {
	if deliveryID == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(deliveryID))
	return string(sum[:8])
}

// standings are the names for states and deliveries; none of a filter means
// all of its values.
func standings(states []job.State, deliveries []job.Delivery) []string {
	var names []string
	for _, state := range []job.State{job.Queued, job.Running, job.Retrying, job.Succeeded, job.Dead, job.Canceled} {
		for _, delivery := range []job.Delivery{job.Pending, job.None, job.Delivered, job.Partial, job.Failed} {
			wanted := (len(states) == 0 || slices.Contains(states, state)) &&
				(len(deliveries) == 0 || slices.Contains(deliveries, delivery))
			if wanted && (state.Final() || delivery == job.Pending) {
				names = append(names, "is:"+string(state)+":"+string(delivery))
			}
		}
	}
	return names
}

// short is an id in its 16 bytes, as the index holds it; empty for what is no
// id.
func short(id job.ID) string {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return ""
	}
	return string(u[:])
}

// long is the id of a short one; empty for what is none.
func long(short string) job.ID {
	u, err := uuid.FromBytes([]byte(short))
	if err != nil {
		return ""
	}
	return job.ID(u.String())
}
