-- Saves one notification if nobody else has since it was read; version 0 makes it.
-- ARGV: id, notification, version read, document, state, content ('' to leave), now, keep_succeeded, keep_failed
-- Answers 1 saved, 0 read it again (or: it is there already), -1 no such job.
if redis.call('EXISTS', record) == 0 then return -1 end
local note, state = ARGV[2], ARGV[5]
if (redis.call('HGET', record, 'nv:' .. note) or '0') ~= ARGV[3] then return 0 end
-- Nothing is added to work that has ended: whoever still tries was overtaken.
if ARGV[3] == '0' and is_final(redis.call('HGET', record, 'state')) then return -1 end
local before = redis.call('HGET', record, 's:' .. note)
redis.call('HSET', record, 'n:' .. note, ARGV[4], 's:' .. note, state)
redis.call('HINCRBY', record, 'nv:' .. note, 1)
if ARGV[6] ~= '' then redis.call('HSET', contents, note, ARGV[6]) end
local function count(field, of)
  local d = (of(state) and 1 or 0) - ((before and of(before)) and 1 or 0)
  if d ~= 0 then redis.call('HINCRBY', record, field, d) end
end
count('open', is_open)
count('bad', is_bad)
settle(ARGV[1], ARGV[7], ARGV[8], ARGV[9])
return 1
