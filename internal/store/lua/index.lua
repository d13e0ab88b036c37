-- The index of a shard: by which filters a job is found. Each name is an ordered
-- set i:<name> of ids in their 16 bytes, which sort by time of acceptance:
--   is:<state>:<delivery>  hook:<plugin><endpoint>  event:<type>\0<action>  chat:<key>
-- i:names holds the names there are, i:delivery a hash of the delivery id before
-- each job's id. Scripts that change a job keep them in the same step.
local shard = string.sub(KEYS[4], 1, -string.len('expanding') - 1)
local names, deliveries = shard .. 'i:names', shard .. 'i:delivery'

local shorts = {}
local function short(id)
  if not shorts[id] then
    local hex, bytes = string.gsub(id, '%-', ''), ''
    for i = 1, 32, 8 do
      local n = tonumber(string.sub(hex, i, i + 7), 16)
      bytes = bytes .. string.char(math.floor(n / 0x1000000), math.floor(n / 0x10000) % 256, math.floor(n / 0x100) % 256, n % 256)
    end
    shorts[id] = bytes
  end
  return shorts[id]
end

local function enter(name, id)
  local key = shard .. 'i:' .. name
  redis.call('ZADD', key, 0, short(id))
  if redis.call('ZCARD', key) == 1 then redis.call('ZADD', names, 0, name) end
end

local function leave(name, id)
  local key = shard .. 'i:' .. name
  redis.call('ZREM', key, short(id))
  if redis.call('EXISTS', key) == 0 then redis.call('ZREM', names, name) end
end
