-- Lets a box be spoken from at once, whatever held it.
redis.call('HDEL', meta, 'hold')
local ticket, due = ticket_if_due()
return {'put', '', '', ticket, due}
