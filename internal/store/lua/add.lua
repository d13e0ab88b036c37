-- Stores a new job, or finds the one it repeats, in one step.
-- KEYS[7..] duplicate keys.
-- ARGV: id, now, intake, doc, body, window, check_at, hash of the delivery id ('' for none), names in the index...
-- Answers {'new', id, run} {'duplicate', id, run, state} {'again', id, run}
local id, now, window = ARGV[1], ARGV[2], tonumber(ARGV[6])
local fresh = {record, body, contents}

for i = 7, #KEYS do
  local first = redis.call('GET', KEYS[i])
  if first == id then return {'new', id, 1} end -- stored before, its reply was lost
  if first then
    record, body, contents = shard .. 'j:' .. first, shard .. 'b:' .. first, shard .. 'c:' .. first
    if not gone(now) then
      if opened_by(id) then return {'again', first, tonumber(redis.call('HGET', record, 'run'))} end
      if failed() then return {'again', first, again(first, now, ARGV[7], id)} end
      local f = redis.call('HMGET', record, 'run', 'state')
      return {'duplicate', first, tonumber(f[1]), f[2]}
    end
  end
end

record, body, contents = fresh[1], fresh[2], fresh[3]
if redis.call('EXISTS', record) == 1 then return {'new', id, 1} end
redis.call('HSET', record, 'intake', ARGV[3], 'doc', ARGV[4], 'v', 1, 'state', 'queued', 'run', 1, 'open', 0, 'bad', 0, 'sent', 0)
redis.call('SET', body, ARGV[5])
redis.call('ZADD', expanding, now, id)
redis.call('ZADD', open, ARGV[7], id)
enter(standing(), id)
for i = 9, #ARGV do enter(ARGV[i], id) end
if ARGV[8] ~= '' then redis.call('ZADD', deliveries, 0, ARGV[8] .. short(id)) end
for i = 7, #KEYS do redis.call('SET', KEYS[i], id, 'PX', window) end
return {'new', id, 1}
