-- Saves one notification if nobody else has since it was read; version 0 makes it.
-- ARGV: id, notification, version read, document, state, content ('' to leave), now, keep_succeeded, keep_failed,
-- chat, chat as it was read ('' for none), that chat as a document says it
-- Answers 1 saved, 0 read it again (or: it is there already), -1 no such job.
if gone(ARGV[7]) then return -1 end
local id, note, state = ARGV[1], ARGV[2], ARGV[5]
if (redis.call('HGET', record, 'nv:' .. note) or '0') ~= ARGV[3] then return 0 end
-- Nothing is added to work that has ended: whoever still tries was overtaken.
if ARGV[3] == '0' and is_final(redis.call('HGET', record, 'state')) then return -1 end
-- Of a job that was canceled nothing is begun: whoever wants to did not know.
if is_open(state) and redis.call('HEXISTS', record, 'stop') == 1 then return 0 end
local standing_before, before = standing(), redis.call('HGET', record, 's:' .. note)
redis.call('HSET', record, 'n:' .. note, ARGV[4], 's:' .. note, state)
redis.call('HINCRBY', record, 'nv:' .. note, 1)
if ARGV[6] ~= '' then redis.call('HSET', contents, note, ARGV[6]) end
local function count(field, of)
  local d = (of(state) and 1 or 0) - ((before and of(before)) and 1 or 0)
  if d ~= 0 then redis.call('HINCRBY', record, field, d) end
end
count('open', is_open)
count('bad', is_bad)
count('sent', is_sent)
-- spoken_to: another notification of the job is still for that chat.
local function spoken_to(chat)
  local all = redis.call('HGETALL', record)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'n:' and string.find(all[i + 1], chat, 1, true) then return true end
  end
  return false
end
local chat, was = ARGV[10], ARGV[11]
if chat ~= was then
  if chat ~= '' then enter('chat:' .. chat, id) end
  if was ~= '' and not spoken_to('"chat_key":' .. ARGV[12]) then leave('chat:' .. was, id) end
end
settle(id, ARGV[7], ARGV[8], ARGV[9])
moved(id, standing_before)
return 1
