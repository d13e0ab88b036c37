-- Begins a turn. A ticket is used once; the same start asked again (its reply
-- was lost) goes on where it was.
-- ARGV[4] ticket  ARGV[5] token  ARGV[6] lease in ms
local ticket, token = ARGV[4], ARGV[5]
if not redis.call('ZSCORE', running, token) then
  if redis.call('HGET', meta, 'ticket') ~= ticket then return {'stale', '', '', '', ''} end
  redis.call('HDEL', meta, 'ticket', 'due')
end
redis.call('ZADD', running, whole(now + tonumber(ARGV[6])), token)
watch()
return advance(token)
