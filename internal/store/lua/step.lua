-- Reports what became of an item and goes on, or ends the turn.
-- ARGV[3] token  ARGV[4] lease in ms  ARGV[5] item ('' for none)
-- ARGV[6] done | later | block | back  ARGV[7] not before, ms from now  ARGV[8] '1' to end the turn
local token, item, outcome = ARGV[3], ARGV[5], ARGV[6]
local at = now + tonumber(ARGV[7])
local mine = redis.call('HGET', taken, item) == token
-- It was put once more while it was in hand: its job runs again, and what is
-- done is done for the run before.
local again = outcome == 'done' and redis.call('HEXISTS', meta, 'again:' .. item) == 1
if again and mine then
  redis.call('HDEL', meta, 'again:' .. item)
  outcome = 'back'
end
if item ~= '' and outcome == 'done' and not again then
  -- What was sent is sent, whoever holds the box now.
  redis.call('ZREM', waiting, item)
  redis.call('ZREM', delayed, item)
end
if not redis.call('ZSCORE', running, token) then
  if outcome == 'done' and mine then redis.call('HDEL', taken, item) end
  local ticket, due = ticket_if_due()
  return {'fenced', '', '', ticket, due}
end
redis.call('ZADD', running, whole(now + tonumber(ARGV[4])), token)
if item ~= '' and mine then
  redis.call('HDEL', taken, item)
  if outcome == 'later' then
    redis.call('ZADD', delayed, whole(at), item)
  elseif outcome ~= 'done' then
    redis.call('ZADD', waiting, 0, item)
    if outcome == 'block' and number('woken') > 0 then
      redis.call('HINCRBY', meta, 'woken', -1) -- it asks once more
    elseif outcome == 'block' then
      redis.call('HSET', meta, 'hold', whole(math.max(number('hold'), at)))
    end
  end
end
if ARGV[8] == '1' then return finish(token) end
return advance(token)
