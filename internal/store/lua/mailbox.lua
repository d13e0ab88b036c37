-- A chat's mailbox: the notifications that wait for it, and the turns that
-- speak for it. All keys lie in the slot of the lane.
-- KEYS[1] meta  KEYS[2] waiting  KEYS[3] delayed  KEYS[4] taken  KEYS[5] running  KEYS[6] index of the lane's boxes
-- ARGV[1] box  ARGV[2] turns allowed at once
-- waiting: item by order.  delayed: item by not-before.  taken: item -> turn token.
-- running: turn token by end of lease.  meta: ticket, due, asked (times an overdue
-- ticket was enqueued again), seq, hold, again:<item> (put while it was taken),
-- woken (turns that may not hold the box again).
-- Every answer: {kind, ...}; a ticket to enqueue stands in the last two places
-- as ticket, due ('' for none). Times are ms; large numbers are printed whole.

local meta, waiting, delayed, taken, running, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local box, allowed = ARGV[1], tonumber(ARGV[2])
local SHORT = 1000        -- ms a turn waits itself, rather than sleeping as a task
local LOOK = 1000         -- ms until the box is looked at again
local KEEP_META = 3600000 -- ms an empty box keeps its hold and counter

local function whole(n) return string.format('%.0f', n) end

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local micros = tonumber(t[1]) * 1000000 + tonumber(t[2])

local function number(field) return tonumber(redis.call('HGET', meta, field) or '0') end

-- keep_meta is how long an empty box is remembered: past its hold.
local function keep_meta() return whole(math.max(number('hold') - now, 0) + KEEP_META) end

local function work() return redis.call('ZCARD', waiting) + redis.call('ZCARD', delayed) end

-- watch keeps the box in the index while there is anything to look after.
local function watch() redis.call('ZADD', index, 'NX', whole(now + LOOK), box) end

-- The counter starts at the clock, so that tickets are never used again after
-- an empty box was forgotten.
local function new_ticket(due)
  if redis.call('HEXISTS', meta, 'seq') == 0 then redis.call('HSET', meta, 'seq', whole(micros)) end
  local ticket = whole(redis.call('HINCRBY', meta, 'seq', 1))
  redis.call('HSET', meta, 'ticket', ticket, 'due', whole(due), 'asked', 0)
  redis.call('PERSIST', meta)
  watch()
  return ticket, whole(due)
end

-- next_due says when the head may be spoken: nil where there is nothing.
local function next_due()
  local due
  if redis.call('ZCARD', waiting) > 0 then
    due = now
  else
    local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
    if first[2] then due = tonumber(first[2]) end
  end
  if not due then return nil end
  return math.max(due, number('hold'), now)
end

-- ticket_if_due makes a ticket where there is work, a free turn and none is
-- queued, or the queued one comes much too late.
local function ticket_if_due()
  local due = next_due()
  if not due then return '', '' end
  if redis.call('ZCARD', running) >= allowed then return '', '' end
  local queued = redis.call('HGET', meta, 'ticket')
  if queued and number('due') <= due + SHORT then return '', '' end
  return new_ticket(due)
end

local function give_back(item)
  redis.call('HDEL', taken, item)
  redis.call('ZADD', waiting, 0, item)
end

local function held_by(token)
  local all = redis.call('HGETALL', taken)
  for i = 1, #all, 2 do
    if all[i + 1] == token then return all[i] end
  end
  return nil
end

-- rest lets an empty box without a turn be looked after no more.
local function rest()
  redis.call('HDEL', meta, 'ticket', 'due')
  redis.call('ZREM', index, box)
  redis.call('PEXPIRE', meta, keep_meta())
end

-- finish ends a turn: what it holds goes back, and the next ticket is made.
local function finish(token)
  local item = held_by(token)
  if item then give_back(item) end
  redis.call('ZREM', running, token)
  local ticket, due = ticket_if_due()
  if work() == 0 and redis.call('ZCARD', running) == 0 then rest() end
  return {'finished', '', '', ticket, due}
end

-- advance hands the turn its next item, or how many ms to wait, or ends it.
local function advance(token)
  local item = held_by(token)
  if item then return {'item', item, '', '', ''} end -- its reply was lost
  for _, due in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', whole(now), 'LIMIT', 0, 100)) do
    redis.call('ZREM', delayed, due)
    redis.call('ZADD', waiting, 0, due)
  end
  local head = redis.call('ZRANGE', waiting, 0, 0)[1]
  if not head then
    local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
    if first[2] and tonumber(first[2]) - now <= SHORT and redis.call('ZCARD', running) <= 1 then
      return {'wait', '', whole(tonumber(first[2]) - now), '', ''}
    end
    return finish(token)
  end
  local hold = number('hold')
  if hold > now + SHORT then return finish(token) end
  if hold > now then return {'wait', '', whole(hold - now), '', ''} end
  redis.call('ZREM', waiting, head)
  redis.call('HSET', taken, head, token)
  local ticket, due = ticket_if_due() -- a helper, where several turns are allowed
  return {'item', head, '', ticket, due}
end
