package config

import (
	"time"

	"postern/pkg/secret"
	"postern/pkg/source"
)

// Default is the config of an empty file: one machine, everything on loopback.
func Default() *Config {
	return &Config{
		Locale:    source.English,
		Verbosity: source.Normal,
		HTTP: HTTP{
			Listen:  "127.0.0.1:8080",        // a reverse proxy stands before it; strangers do not reach it by accident
			BaseURL: "http://localhost:8080", // follows the port of listen
			MaxBody: 1 << 20,                 // sources that send more say so themselves
		},
		Redis: Redis{
			URL:    secret.New("redis://127.0.0.1:6379/0"),
			Shards: 1,                 // one queue is enough for thousands of events a second
			Spool:  "./postern-spool", // on disk, for while Redis is away; read and not used yet
		},
		Worker: Worker{
			Listen:          "127.0.0.1:8081", // health and metrics are private
			Concurrency:     64,               // work is waiting for others' servers, not computing
			ShutdownTimeout: 30 * time.Second, // what container engines grant, about
		},
		Log:         Log{Level: "info", Format: "json"},
		Retention:   Retention{Succeeded: 72 * time.Hour, Failed: 720 * time.Hour}, // failures wait for a person: 30 days
		Duplicates:  Duplicates{Window: 72 * time.Hour},                            // senders redeliver for up to three days
		Attachments: Attachments{MaxSize: 8 << 20},                                 // as a worker may hold some at once
		Retry:       Retry{First: time.Second, Factor: 2, Max: 10 * time.Minute, GiveUpAfter: 24 * time.Hour},
		// providers add addresses without asking anybody
		IPRangesRefresh: true,
	}
}
