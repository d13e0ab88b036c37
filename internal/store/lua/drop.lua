-- Takes an item out of the box that is not to be said. One that a turn holds
-- stays: the turn is done with it itself.
-- ARGV[3] item.  Answers how many were taken out.
local dropped = redis.call('ZREM', waiting, ARGV[3]) + redis.call('ZREM', delayed, ARGV[3])
if work() == 0 and redis.call('ZCARD', running) == 0 then rest() end
return dropped
