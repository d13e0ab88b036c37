-- When a line may be spoken on. All keys lie in the slot of the lane.
-- KEYS[1..3] state of chat, account and platform  KEYS[4] the lane's marks
-- state: hold (ms, not before), open (ms, failures hold it till then), probing (one
-- is trying), fails, level, guesses (holds in a row whose time nobody named),
-- paused, broken:<print> and broken_at:<print>, and of a chat slot (its place in the
-- account's limits, taken ahead of time).
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + tonumber(t[2]) / 1000
local KEEP = 86400000 -- ms a state is remembered that nobody marked
local function whole(n) return string.format('%.0f', n) end
local function fine(n) return string.format('%.3f', n) end
local function keep(key)
  if redis.call('SISMEMBER', KEYS[4], key) == 0 then redis.call('PEXPIRE', key, KEEP) else redis.call('PERSIST', key) end
end
