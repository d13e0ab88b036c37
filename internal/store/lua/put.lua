-- Puts an item into the box; nothing if it is there already.
-- ARGV[3] item
local item = ARGV[3]
if not redis.call('ZSCORE', waiting, item) and not redis.call('ZSCORE', delayed, item)
    and redis.call('HEXISTS', taken, item) == 0 then
  redis.call('ZADD', waiting, 0, item)
end
watch()
local ticket, due = ticket_if_due()
return {'put', '', '', ticket, due}
