-- ARGV: verdict, which state it concerns (1 chat, 2 account, 3 platform), print, ms, why,
-- then how many failures hold a chat, an account, and the longest that is, in ms,
-- whether ms is a guess, which doubles from one hold to the next, and the longest guess
local verdict, reach = ARGV[1], tonumber(ARGV[2])
if verdict == 'ok' then
  for i = 1, 3 do redis.call('HDEL', KEYS[i], 'fails', 'open', 'probing', 'level', 'guesses') end
elseif verdict == 'hold' then
  local held, ms = tonumber(redis.call('HGET', KEYS[reach], 'hold') or '0'), tonumber(ARGV[4])
  if ARGV[9] == '1' then
    -- Calls that were under way together are refused together: that is one guess.
    local n = tonumber(redis.call('HGET', KEYS[reach], 'guesses') or '0')
    if now >= held then n = redis.call('HINCRBY', KEYS[reach], 'guesses', 1) end
    ms = math.min(ms * 2 ^ (math.max(n, 1) - 1), tonumber(ARGV[10]))
  end
  if now + ms > held then redis.call('HSET', KEYS[reach], 'hold', whole(now + ms)) end
  keep(KEYS[reach])
elseif verdict == 'break' then
  redis.call('HSET', KEYS[reach], 'broken:' .. ARGV[3], ARGV[5], 'broken_at:' .. ARGV[3], whole(now))
  redis.call('SADD', KEYS[4], KEYS[reach])
  redis.call('PERSIST', KEYS[reach])
elseif verdict == 'fail' then
  for i = 1, 2 do
    if i == 1 or KEYS[2] ~= KEYS[1] then
      local fails = redis.call('HINCRBY', KEYS[i], 'fails', 1)
      -- Calls that were under way together fail together: a longer hold is for a try that failed.
      local tried = redis.call('HDEL', KEYS[i], 'probing') == 1 or redis.call('HEXISTS', KEYS[i], 'open') == 0
      if tried and fails >= tonumber(ARGV[5 + i]) then
        local level = redis.call('HINCRBY', KEYS[i], 'level', 1)
        redis.call('HSET', KEYS[i], 'open', whole(now + math.min(1000 * 2 ^ (level - 1), tonumber(ARGV[8]))))
      end
      keep(KEYS[i])
    end
  end
end
return 1
