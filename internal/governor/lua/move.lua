-- Moves a place that was used late to now, so that those behind it keep their
-- distance.  KEYS[5..] the lists  ARGV[1] the place
for i = 5, #KEYS do
  local places = redis.call('LRANGE', KEYS[i], 0, -1)
  for n = #places, 1, -1 do
    if places[n] == ARGV[1] then
      redis.call('LSET', KEYS[i], n - 1, fine(now))
      break
    end
  end
end
return 1
