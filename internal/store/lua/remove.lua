-- Forgets a finished job, with all that is kept of it: it must be as it was read.
-- KEYS[7..] duplicate keys.
-- ARGV: id, version read, how late its end may be, hash of the delivery id ('' for none), names in the index...
-- Answers 1 forgotten, 0 read it again (or: it is not finished), -1 no such job.
local id = ARGV[1]
local f = redis.call('HMGET', record, 'v', 'ends')
if not f[1] then return -1 end
if f[1] ~= ARGV[2] or not f[2] or tonumber(f[2]) > tonumber(ARGV[3]) then return 0 end
leave(standing(), id)
for i = 5, #ARGV do leave(ARGV[i], id) end
if ARGV[4] ~= '' then redis.call('ZREM', deliveries, ARGV[4] .. short(id)) end
redis.call('DEL', record, body, contents)
redis.call('ZREM', ends, short(id))
for i = 7, #KEYS do
  if redis.call('GET', KEYS[i]) == id then redis.call('DEL', KEYS[i]) end
end
return 1
