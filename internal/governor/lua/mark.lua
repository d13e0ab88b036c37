-- ARGV: pause | resume | mend.  Both latter mend what is broken, of chat, account and
-- platform; a resume ends a pause too.
if ARGV[1] == 'pause' then
  redis.call('HSET', KEYS[1], 'paused', '1')
  redis.call('SADD', KEYS[4], KEYS[1])
  redis.call('PERSIST', KEYS[1])
  return 1
end
for i = 1, 3 do
  if i < 3 then redis.call('HDEL', KEYS[i], 'hold', 'open', 'probing', 'fails', 'level', 'guesses') end
  for _, field in ipairs(redis.call('HKEYS', KEYS[i])) do
    if string.match(field, '^broken') or (field == 'paused' and i == 1 and ARGV[1] == 'resume') then redis.call('HDEL', KEYS[i], field) end
  end
  if redis.call('HEXISTS', KEYS[i], 'paused') == 0 then redis.call('SREM', KEYS[4], KEYS[i]) end
  keep(KEYS[i])
end
return 1
