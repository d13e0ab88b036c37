-- KEYS[5..] lists of the last places taken, one per rate: the chat's first
-- ARGV: print, how many rates are the chat's, a place that was missed ('' for none),
-- by how many ms a place may be missed, then per rate count and ms
-- Answers {kind, ms, place, watched, why}
local SHORT = 1500  -- ms that are waited before speaking, rather than asking again
local PROBE = 15000 -- ms that one try has before the next

local print, chats, missed, late = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local rates = #KEYS - 4
local function rate(i) return tonumber(ARGV[3 + 2 * i]), tonumber(ARGV[4 + 2 * i]) end

local hold, watched, probes = 0, '', {}
for i = 1, 3 do
  local s = redis.call('HMGET', KEYS[i], 'hold', 'open', 'fails', 'paused', 'broken:' .. print, 'guesses')
  if s[4] then return {'paused', '0', '', '', ''} end
  if s[5] then return {'broken', '0', '', '', s[5]} end
  hold = math.max(hold, tonumber(s[1] or '0'))
  local open = tonumber(s[2] or '0')
  if open > 0 then hold, probes[#probes + 1] = math.max(hold, open), KEYS[i] end
  if s[3] or s[6] then watched = '1' end
end
-- later wakes the caller early enough to wait for the moment itself.
local function later(at) return {'later', fine(math.max(at - now - SHORT / 2, 1)), '', watched, ''} end
local function go(at)
  for _, key in ipairs(probes) do redis.call('HSET', key, 'open', whole(at + PROBE), 'probing', '1') end -- one try at a time
  return {'go', fine(math.max(at - now, 0)), fine(at), watched, ''}
end

local slot = redis.call('HGET', KEYS[1], 'slot')
if slot then
  local at = tonumber(slot)
  if at + late >= now and at >= hold then
    if at > now + SHORT then return later(at) end
    redis.call('HDEL', KEYS[1], 'slot')
    return go(at)
  end
  redis.call('HDEL', KEYS[1], 'slot')
  if missed == '' then missed = slot end
end
if missed ~= '' then
  for i = 1, rates do redis.call('LREM', KEYS[4 + i], -1, missed) end
end

-- Each place lies at least the rate's time behind the one its count before it:
-- so of as many neighbours as the count, each window holds at most each one once.
-- Where many chats share a fast rate its places are spread evenly: a crowd that
-- leaves at once arrives anyhow.
local function bound(at, from, to)
  for i = from, to do
    local count, per = rate(i)
    local back, last = redis.call('LINDEX', KEYS[4 + i], -count), redis.call('LINDEX', KEYS[4 + i], -1)
    if back then at = math.max(at, tonumber(back) + per) end
    if last and i > chats and per / count < 500 then at = math.max(at, tonumber(last) + per / count) end
  end
  return at
end
local at = bound(math.max(now, hold), 1, chats)
if at > now + SHORT then return later(at) end -- held by its own limit, it takes no place from others
at = bound(at, chats + 1, rates)
for i = 1, rates do
  local count, per = rate(i)
  redis.call('RPUSH', KEYS[4 + i], fine(at))
  redis.call('LTRIM', KEYS[4 + i], -2 * count, -1) -- twice: a place may be given up
  redis.call('PEXPIRE', KEYS[4 + i], whole(at - now + 2 * per + 60000))
end
if at > now + SHORT then
  redis.call('HSET', KEYS[1], 'slot', fine(at))
  keep(KEYS[1])
  return later(at)
end
return go(at)
