package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	maxSocketPath = 100             // a unix socket's path holds 107 bytes on Linux and 103 elsewhere
	lockPatience  = 5 * time.Second // a child whose parent was killed still writes its last bytes
	lockInterval  = 100 * time.Millisecond
)

// folder is a data folder that this process holds.
type folder struct {
	dir    string   // absolute
	lock   *os.File // shared with the child: whoever lives longest holds the folder
	socket string
	remove string // a directory made for the socket only
}

// openFolder makes the folder if need be and locks it. The store has a folder
// of its own in it that no other user can read, whatever the outer one allows.
func openFolder(ctx context.Context, dir string) (*folder, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the data folder: %w", err)
	}
	absolute = filepath.Join(absolute, "redis")
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(absolute, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder is the operator's choice
	if err != nil {
		return nil, fmt.Errorf("opening the data folder's lock: %w", err)
	}
	f := &folder{dir: absolute, lock: lock, socket: filepath.Join(absolute, "redis.sock")}
	if err := f.acquire(ctx); err != nil {
		f.close()
		return nil, err
	}
	if len(f.socket) > maxSocketPath {
		f.remove, err = os.MkdirTemp("", "postern-")
		if err != nil {
			f.close()
			return nil, fmt.Errorf("making a directory for the socket: %w", err)
		}
		f.socket = filepath.Join(f.remove, "redis.sock")
	}
	return f, nil
}

// acquire takes the lock, waiting a little for a child that is just ending.
func (f *folder) acquire(ctx context.Context) error {
	tick := time.NewTicker(lockInterval)
	defer tick.Stop()
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for {
		err := tryLock(f.lock)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrInUse):
			return fmt.Errorf("locking %s: %w", f.dir, err)
		}
		select {
		case <-tick.C:
		case <-patience.C:
			return fmt.Errorf("locking %s: %w", f.dir, ErrInUse)
		case <-ctx.Done():
			return fmt.Errorf("locking %s: %w (%w)", f.dir, ErrInUse, ctx.Err())
		}
	}
}

// close lets go of the folder.
func (f *folder) close() {
	if f.remove != "" {
		_ = os.RemoveAll(f.remove)
	}
	_ = f.lock.Close()
}
