-- Gives a task whose worker is dead back to its queue, as asynq's own requeue
-- would.  KEYS: active, lease, pending, task.  ARGV: task id, now in ns.
-- Answers 1 recovered, 0 it is not active, -1 it is active and has no hash (dropped).
if redis.call('LREM', KEYS[1], 0, ARGV[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HEXISTS', KEYS[4], 'msg') == 0 then
  redis.call('DEL', KEYS[4])
  return -1
end
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[4], 'state', 'pending', 'pending_since', ARGV[2])
return 1
