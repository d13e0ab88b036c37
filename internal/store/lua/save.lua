-- Saves a job's document if nobody else has since it was read.
-- ARGV: id, version read, doc, state, now, keep_succeeded, keep_failed, check_at ('' to leave), stop ('' to leave)
-- Answers 1 saved, 0 read it again, -1 no such job.
if gone(ARGV[5]) then return -1 end
if redis.call('HGET', record, 'v') ~= ARGV[2] then return 0 end
local before = standing()
redis.call('HSET', record, 'doc', ARGV[3], 'state', ARGV[4])
redis.call('HINCRBY', record, 'v', 1)
if ARGV[9] ~= '' then redis.call('HSET', record, 'stop', ARGV[9]) end
if ARGV[8] ~= '' then redis.call('ZADD', open, 'XX', ARGV[8], ARGV[1]) end
settle(ARGV[1], ARGV[5], ARGV[6], ARGV[7])
moved(ARGV[1], before)
return 1
