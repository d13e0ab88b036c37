-- Prolongs a turn's lease.  ARGV[3] token  ARGV[4] lease in ms.  Answers 1, or 0 where it was taken.
if not redis.call('ZSCORE', running, ARGV[3]) then return 0 end
redis.call('ZADD', running, whole(now + tonumber(ARGV[4])), ARGV[3])
return 1
