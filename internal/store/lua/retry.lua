-- Opens a failed or canceled job for one more run.
-- ARGV: id, now, check_at, opener.  Answers the run, 0 not retryable, -1 no such job.
if gone(ARGV[2]) then return -1 end
if opened_by(ARGV[4]) then return tonumber(redis.call('HGET', record, 'run')) end
local f = redis.call('HMGET', record, 'state', 'open')
if not failed() and not (f[1] == 'canceled' and tonumber(f[2]) == 0) then return 0 end
return again(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
