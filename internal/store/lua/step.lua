-- Reports what became of an item and goes on, or ends the turn.
-- ARGV[4] token  ARGV[5] lease in ms  ARGV[6] item ('' for none)
-- ARGV[7] done | later | block | back  ARGV[8] not before, ms from now  ARGV[9] '1' to end the turn
local token, item, outcome = ARGV[4], ARGV[6], ARGV[7]
local at = now + tonumber(ARGV[8])
if item ~= '' and outcome == 'done' then
  -- What was sent is sent, whoever holds the box now.
  redis.call('ZREM', waiting, item)
  redis.call('ZREM', delayed, item)
end
if not redis.call('ZSCORE', running, token) then
  local owner = redis.call('HGET', taken, item)
  if outcome == 'done' and owner and string.match(owner, '^(.*)|') == token then redis.call('HDEL', taken, item) end
  local ticket, due = ticket_if_due()
  return {'fenced', '', '', ticket, due}
end
redis.call('ZADD', running, whole(now + tonumber(ARGV[5])), token)
local owner = item ~= '' and redis.call('HGET', taken, item)
if owner and string.match(owner, '^(.*)|') == token then
  redis.call('HDEL', taken, item)
  if outcome == 'later' then
    redis.call('ZADD', delayed, whole(at), item)
  elseif outcome ~= 'done' then
    redis.call('ZADD', waiting, 0, item)
    if outcome == 'block' then redis.call('HSET', meta, 'hold', whole(math.max(number('hold'), at))) end
    -- What was given back unspoken gives its place in the pace back too.
    local go = tonumber(string.match(owner, '|([%d.]+)$'))
    if outcome == 'back' and pace > 0 and math.abs(number('pace') - go - pace) < 0.01 then redis.call('HSET', meta, 'pace', fine(go)) end
  end
end
if ARGV[9] == '1' then return finish(token) end
return advance(token)
