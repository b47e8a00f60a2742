-- Ends some tasks of a job that was stopped: those that nobody has in hand and that have no object. Those with an object
-- are made ready, so that somebody releases it. ARGV: …, job, outcome, why the job failed (JSON), where to go on. Answers
-- where to go on next, 0 at the end.
local job, outcome, failure = ARGV[3], ARGV[4], ARGV[5]
-- a new batch has reopened it meanwhile
if is_open(job) then return '0' end
local at = now()
local cursor, pairs_ = unpack(call('HSCAN', P .. 'files:' .. job, ARGV[6], 'COUNT', 200))
for i = 2, #pairs_, 2 do
  local id = pairs_[i]
  local task = P .. 'task:' .. id
  local state, touched, file_id, waits_for = unpack(call('HMGET', task, 'state', 'touched', 'file_id', 'waits_for'))
  if state == 'ready' or state == 'delayed' or state == 'waiting' then
    leave_stream(id)
    call('ZREM', P .. 'delayed', id)
    if waits_for then call('ZREM', P .. 'waiting:' .. waits_for, id) end
    if touched == '1' then
      make_ready(id)
    else
      local ended = '{"file_id":' .. cjson.encode(file_id) .. ',"outcome":"' .. outcome .. '"'
      if failure ~= '' then ended = ended .. ',"failure":' .. failure end
      write_end(id, job, ended .. '}', ended .. '}', at)
    end
  end
end
return cursor
