-- Begins a turn. A ticket is used once; the same start asked again (its reply
-- was lost) goes on where it was.
-- ARGV[3] ticket  ARGV[4] token  ARGV[5] lease in ms
local ticket, token = ARGV[3], ARGV[4]
if not redis.call('ZSCORE', running, token) then
  if redis.call('HGET', meta, 'ticket') ~= ticket then return {'stale', '', '', '', ''} end
  redis.call('HDEL', meta, 'ticket', 'due')
end
redis.call('ZADD', running, whole(now + tonumber(ARGV[5])), token)
watch()
return advance(token)
