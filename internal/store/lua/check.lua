-- Looks after a box: takes back what dead turns held, names a ticket that is
-- overdue, makes one where work has neither ticket nor turn.
-- ARGV[3] a ticket that asynq will not run: it is replaced ('' for none)
for _, token in ipairs(redis.call('ZRANGEBYSCORE', running, '-inf', whole(now))) do
  local item = held_by(token)
  if item then give_back(item) end
  redis.call('ZREM', running, token)
end
if work() == 0 and redis.call('ZCARD', running) == 0 then
  rest()
  return {'empty', '', '', '', ''}
end
redis.call('ZADD', index, whole(now + LOOK), box)
local queued = redis.call('HGET', meta, 'ticket')
if queued and queued == ARGV[3] then
  redis.call('HDEL', meta, 'ticket', 'due')
  queued = nil
end
if queued then
  -- A ticket in a long queue is late, not lost: ask ever more rarely.
  local asked = number('asked')
  if now > number('due') + LOOK * 2 ^ math.min(asked, 8) then
    redis.call('HINCRBY', meta, 'asked', 1)
    return {'overdue', '', '', queued, whole(now)}
  end
end
local ticket, due = ticket_if_due()
return {'checked', '', '', ticket, due}
