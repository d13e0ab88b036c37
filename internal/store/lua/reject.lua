-- Keeps rows of refused requests, each with those it is like.
-- KEYS: all, docs, counts, firsts
-- ARGV: prefix of the buckets, horizon, time to live, most rows,
--       then for each row: id, most of its bucket, last, first, count, doc
local all, docs, counts, firsts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ttl, most = ARGV[3], tonumber(ARGV[4])

-- An id begins with its bucket.
local function bucket_of(id) return ARGV[1] .. string.sub(id, 1, 16) end

local function forget(ids)
  for _, id in ipairs(ids) do
    redis.call('ZREM', all, id)
    redis.call('ZREM', bucket_of(id), id)
    redis.call('HDEL', docs, id)
    redis.call('HDEL', counts, id)
    redis.call('HDEL', firsts, id)
  end
end

local function trim(key, n)
  local over = redis.call('ZCARD', key) - n
  if over > 0 then forget(redis.call('ZRANGE', key, 0, over - 1)) end
end

for i = 5, #ARGV, 6 do
  local id, last = ARGV[i], ARGV[i + 2]
  local bucket = bucket_of(id)
  local before = redis.call('ZSCORE', all, id)
  if not before or tonumber(before) <= tonumber(last) then
    redis.call('ZADD', all, last, id)
    redis.call('ZADD', bucket, last, id)
    redis.call('HSET', docs, id, ARGV[i + 5])
  end
  redis.call('HSETNX', firsts, id, ARGV[i + 3])
  redis.call('HINCRBY', counts, id, ARGV[i + 4])
  redis.call('PEXPIRE', bucket, ttl)
  trim(bucket, tonumber(ARGV[i + 1]))
end

forget(redis.call('ZRANGEBYSCORE', all, '-inf', ARGV[2], 'LIMIT', 0, 100))
trim(all, most)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
return 1
