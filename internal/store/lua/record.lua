-- Shared by every script on a job's record. All keys lie in the job's shard.
-- KEYS[1] record  KEYS[2] body  KEYS[3] contents  KEYS[4] expanding  KEYS[5] open  KEYS[6] ends
-- Record fields: intake, doc, v (version of doc), state, run, open, bad and sent
-- (notifications not final; final but not delivered; sent), finished_at, ends (when
-- it is forgotten), stop (who canceled it), and per notification n:<id> (document),
-- nv:<id> (its version), s:<id> (its state).

local record, body, contents, expanding, open, ends = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local SPARE = 86400000 -- ms after its end that what no worker forgot goes by itself

local function is_final(state)
  return state == 'succeeded' or state == 'dead' or state == 'canceled'
end

local function is_open(note)
  return note == 'queued' or note == 'sending' or note == 'retrying'
end

local function is_bad(note)
  return note == 'dead' or note == 'unknown' or note == 'canceled'
end

local function is_sent(note) return note == 'sent' end

-- gone: never was, or its end has come.
local function gone(now)
  local f = redis.call('HMGET', record, 'state', 'ends')
  return not f[1] or f[2] and tonumber(f[2]) <= tonumber(now)
end

-- failed: finished, and dead or with something undelivered.
local function failed()
  local f = redis.call('HMGET', record, 'state', 'open', 'bad')
  return f[1] == 'dead' and tonumber(f[2]) == 0
      or f[1] == 'succeeded' and tonumber(f[2]) == 0 and tonumber(f[3]) > 0
end

-- standing is the name in the index for the job's state and delivery.
local function standing()
  local f = redis.call('HMGET', record, 'state', 'open', 'bad', 'sent')
  local unsent, sent = tonumber(f[3]), tonumber(f[4])
  local delivery = 'partial'
  if not is_final(f[1]) or tonumber(f[2]) > 0 then delivery = 'pending'
  elseif unsent == 0 then delivery = sent == 0 and 'none' or 'delivered'
  elseif sent == 0 then delivery = 'failed' end
  return 'is:' .. f[1] .. ':' .. delivery
end

local function moved(id, before)
  local after = standing()
  if after == before then return end
  leave(before, id)
  enter(after, id)
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
  local finished = tonumber(f[4] or now)
  local keep = keep_failed
  if f[1] == 'succeeded' and tonumber(f[3]) == 0 then
    keep = keep_succeeded
    redis.call('DEL', contents) -- nothing of it is ever said again
  end
  local at = string.format('%.0f', finished + keep)
  redis.call('HSET', record, 'finished_at', string.format('%.0f', finished), 'ends', at)
  redis.call('ZADD', ends, at, short(id))
  for _, key in ipairs({record, body, contents}) do
    redis.call('PEXPIRE', key, string.format('%.0f', math.max(at - now, 0) + SPARE))
  end
end

-- opened_by tells a caller whose reply was lost that the run is its own.
local function opened_by(opener) return redis.call('HGET', record, 'opened_by') == opener end

-- again opens a finished record for one more run.
local function again(id, now, check_at, opener)
  local before = standing()
  redis.call('HSET', record, 'opened_by', opener)
  local run = redis.call('HINCRBY', record, 'run', 1)
  redis.call('HINCRBY', record, 'v', 1)
  redis.call('HSET', record, 'state', 'queued')
  redis.call('HDEL', record, 'finished_at', 'ends', 'stop')
  for _, key in ipairs({record, body, contents}) do redis.call('PERSIST', key) end
  redis.call('ZREM', ends, short(id))
  redis.call('ZADD', expanding, now, id)
  redis.call('ZADD', open, check_at, id)
  moved(id, before)
  return run
end
