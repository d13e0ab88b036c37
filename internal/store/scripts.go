package store

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

// The scripts: a prelude that several share, and each one's own lines.
var (
	//go:embed lua/index.lua
	indexLua string
	//go:embed lua/record.lua
	recordLua string
	//go:embed lua/add.lua
	addLua string
	//go:embed lua/save.lua
	saveLua string
	//go:embed lua/note.lua
	noteLua string
	//go:embed lua/retry.lua
	retryLua string
	//go:embed lua/remove.lua
	removeLua string
	//go:embed lua/list.lua
	listLua string
	//go:embed lua/mailbox.lua
	mailboxLua string
	//go:embed lua/put.lua
	putLua string
	//go:embed lua/start.lua
	startLua string
	//go:embed lua/step.lua
	stepLua string
	//go:embed lua/renew.lua
	renewLua string
	//go:embed lua/check.lua
	checkLua string
	//go:embed lua/wake.lua
	wakeLua string
	//go:embed lua/drop.lua
	dropLua string
	//go:embed lua/reject.lua
	rejectLua string
)

type scripts struct {
	add, save, note, retry, remove, list *redis.Script
	put, start, step, renew, check, wake *redis.Script
	drop, reject                         *redis.Script
}

func loadScripts() scripts {
	record := func(own string) *redis.Script { return redis.NewScript(indexLua + recordLua + own) }
	mailbox := func(own string) *redis.Script { return redis.NewScript(mailboxLua + own) }
	return scripts{
		add: record(addLua), save: record(saveLua), note: record(noteLua), retry: record(retryLua),
		remove: record(removeLua), list: redis.NewScript(listLua),
		put: mailbox(putLua), start: mailbox(startLua), step: mailbox(stepLua),
		renew: mailbox(renewLua), check: mailbox(checkLua), wake: mailbox(wakeLua),
		drop: mailbox(dropLua), reject: redis.NewScript(rejectLua),
	}
}
