-- ARGV: pause | resume.  A resume mends what is broken, of chat and account.
if ARGV[1] == 'pause' then
  redis.call('HSET', KEYS[1], 'paused', '1')
  redis.call('SADD', KEYS[4], KEYS[1])
  redis.call('PERSIST', KEYS[1])
  return 1
end
for i = 1, 2 do
  redis.call('HDEL', KEYS[i], 'hold', 'open', 'probing', 'fails', 'level')
  for _, field in ipairs(redis.call('HKEYS', KEYS[i])) do
    if string.match(field, '^broken') or (field == 'paused' and i == 1) then redis.call('HDEL', KEYS[i], field) end
  end
  if redis.call('HEXISTS', KEYS[i], 'paused') == 0 then redis.call('SREM', KEYS[4], KEYS[i]) end
  keep(KEYS[i])
end
return 1
