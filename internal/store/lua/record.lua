-- Shared by every script on a job's record. All keys lie in the job's shard.
-- KEYS[1] record  KEYS[2] body  KEYS[3] contents  KEYS[4] expanding  KEYS[5] open
-- Record fields: intake, doc, v (version of doc), state, run, open and bad
-- (notifications not final, and final but not delivered), finished_at, and per
-- notification n:<id> (document), nv:<id> (its version), s:<id> (its state).

local record, body, contents, expanding, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function is_final(state)
  return state == 'succeeded' or state == 'dead' or state == 'canceled'
end

local function is_open(note)
  return note == 'queued' or note == 'sending' or note == 'retrying'
end

local function is_bad(note)
  return note == 'dead' or note == 'unknown' or note == 'canceled'
end

-- failed: finished, and dead or with something undelivered.
local function failed()
  local f = redis.call('HMGET', record, 'state', 'open', 'bad')
  return f[1] == 'dead' and tonumber(f[2]) == 0
      or f[1] == 'succeeded' and tonumber(f[2]) == 0 and tonumber(f[3]) > 0
end

-- settle starts retention once the state is final and nothing is open.
local function settle(id, now, keep_succeeded, keep_failed)
  local f = redis.call('HMGET', record, 'state', 'open', 'bad', 'finished_at')
  if not is_final(f[1]) then return end
  redis.call('ZREM', expanding, id)
  if tonumber(f[2]) > 0 then
    -- Its notifications lie in their mailboxes: look whether they still do, rarely.
    redis.call('ZADD', open, 'XX', now + 300000, id)
    return
  end
  redis.call('ZREM', open, id)
  if not f[4] then redis.call('HSET', record, 'finished_at', now) end
  local keep = keep_failed
  if f[1] == 'succeeded' and tonumber(f[3]) == 0 then keep = keep_succeeded end
  for _, key in ipairs({record, body, contents}) do redis.call('PEXPIRE', key, keep) end
end

-- opened_by tells a caller whose reply was lost that the run is its own.
local function opened_by(opener) return redis.call('HGET', record, 'opened_by') == opener end

-- again opens a finished record for one more run.
local function again(id, now, check_at, opener)
  redis.call('HSET', record, 'opened_by', opener)
  local run = redis.call('HINCRBY', record, 'run', 1)
  redis.call('HINCRBY', record, 'v', 1)
  redis.call('HSET', record, 'state', 'queued')
  redis.call('HDEL', record, 'finished_at')
  for _, key in ipairs({record, body, contents}) do redis.call('PERSIST', key) end
  redis.call('ZADD', expanding, now, id)
  redis.call('ZADD', open, check_at, id)
  return run
end
