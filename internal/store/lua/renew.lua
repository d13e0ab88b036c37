-- Prolongs a turn's lease.  ARGV[4] token  ARGV[5] lease in ms.  Answers 1, or 0 where it was taken.
if not redis.call('ZSCORE', running, ARGV[4]) then return 0 end
redis.call('ZADD', running, whole(now + tonumber(ARGV[5])), ARGV[4])
return 1
