-- Lets a box be spoken from at once, whatever held it.
redis.call('HDEL', meta, 'hold')
-- A turn that was told to wait just before this must not hold the box again.
local turns = redis.call('ZCARD', running)
if turns > 0 then redis.call('HSET', meta, 'woken', turns) end
local ticket, due = ticket_if_due()
return {'put', '', '', ticket, due}
