-- Puts an item into the box, to be said as soon as may be; nothing if it waits
-- there already. One that a turn holds is handed out once more: the turn may be
-- done with what it was before.
-- ARGV[3] item
local item = ARGV[3]
if redis.call('HEXISTS', taken, item) == 1 then
  redis.call('HSET', meta, 'again:' .. item, 1)
else
  redis.call('ZREM', delayed, item)
  redis.call('ZADD', waiting, 0, item)
end
watch()
local ticket, due = ticket_if_due()
return {'put', '', '', ticket, due}
