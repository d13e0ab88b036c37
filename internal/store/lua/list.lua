-- Finds jobs in the index of a shard, by several filters at once: goes through the
-- smallest, and asks the others. It reads only, and looks at a bounded number.
-- KEYS the sets asked, in the order of ARGV.
-- ARGV: from and to (as for ZRANGEBYLEX), 'newest' | 'oldest' first, wanted, how many
-- to look at, then per filter: how many sets, and for each what stands before an id.
-- Answers {how far it looked ('': to the end), id...}, ids in 16 bytes.
local from, to, newest, wanted, budget = ARGV[1], ARGV[2], ARGV[3] == 'newest', tonumber(ARGV[4]), tonumber(ARGV[5])
local CHUNK = 250

local function bound(b, prefix) return string.sub(b, 1, 1) .. prefix .. string.sub(b, 2) end

-- A filter is the sets of which a job must be in one, without the empty ones.
local filters, key, arg = {}, 1, 6
while ARGV[arg] do
  local sets, count = {size = 0}, tonumber(ARGV[arg])
  for n = 1, count do
    local set = {key = KEYS[key], prefix = ARGV[arg + n]}
    local size = redis.call('ZLEXCOUNT', set.key, bound(from, set.prefix), bound(to, set.prefix))
    set.size = size
    if size > 0 then table.insert(sets, set) end
    sets.size, key = sets.size + size, key + 1
  end
  table.sort(sets, function(a, b) return a.size > b.size end)
  table.insert(filters, sets)
  arg = arg + count + 1
end
table.sort(filters, function(a, b) return a.size < b.size end)

-- Lua compares strings as the server's locale does: numbers stand for them.
local function numbers(id)
  local b = {string.byte(id, 1, 16)}
  local high, middle, low = 0, 0, 0
  for i = 1, 6 do high, middle = high * 256 + b[i], middle * 256 + b[i + 6] end
  for i = 13, 16 do low = low * 256 + b[i] end
  return {id = id, high, middle, low}
end

local function sooner(a, b)
  for i = 1, 3 do
    if a[i] ~= b[i] then return (a[i] > b[i]) == newest end
  end
  return false
end

-- merge sorts what several sets gave, and keeps the first of it, each once.
local function merge(ids, most)
  local all, merged = {}, {}
  for i, id in ipairs(ids) do all[i] = numbers(id) end
  table.sort(all, sooner)
  for _, n in ipairs(all) do
    if #merged < most and n.id ~= merged[#merged] then table.insert(merged, n.id) end
  end
  return merged
end

local function following(sets, most)
  local ids = {}
  for _, set in ipairs(sets) do
    local low, high, found = bound(from, set.prefix), bound(to, set.prefix)
    if newest then
      found = redis.call('ZREVRANGEBYLEX', set.key, high, low, 'LIMIT', 0, most)
    else
      found = redis.call('ZRANGEBYLEX', set.key, low, high, 'LIMIT', 0, most)
    end
    for _, member in ipairs(found) do table.insert(ids, string.sub(member, #set.prefix + 1)) end
  end
  if #sets > 1 then return merge(ids, most) end
  return ids
end

-- among keeps the ids that are in one of the sets; what is found in one is not
-- looked for in the others.
local function among(ids, sets)
  local member, open, kept = {}, ids, {}
  for _, set in ipairs(sets) do
    local asked, rest = {}, {}
    for i, id in ipairs(open) do asked[i] = set.prefix .. id end
    for i, score in ipairs(redis.call('ZMSCORE', set.key, unpack(asked))) do
      if score then member[open[i]] = true else rest[#rest + 1] = open[i] end
    end
    open = rest
    if #open == 0 then break end
  end
  for _, id in ipairs(ids) do
    if member[id] then kept[#kept + 1] = id end
  end
  return kept
end

local driver = table.remove(filters, 1)
local answer, looked = {''}, 0
local most = #filters == 0 and wanted or CHUNK
while true do
  local ids = following(driver, most)
  local far = ids[#ids]
  local last = #ids < most
  looked = looked + #ids
  for _, sets in ipairs(filters) do
    if #ids > 0 then ids = among(ids, sets) end
  end
  for _, id in ipairs(ids) do
    table.insert(answer, id)
    if #answer > wanted then
      answer[1] = id
      return answer
    end
  end
  if last then return answer end
  if looked >= budget then
    answer[1] = far
    return answer
  end
  if newest then to = '(' .. far else from = '(' .. far end
end
