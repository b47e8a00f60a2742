-- Outcomes that were reported: the task leaves the queue; what is left is that the file is done. ARGV: …, tasks.
local jobs = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local task = P .. 'task:' .. id
  local state, owner, job, key, brief = unpack(call('HMGET', task, 'state', 'owner', 'job', 'key', 'brief'))
  if state == 'ended' and owner == me then
    leave_stream(id)
    call('ZREM', P .. 'reports', id)
    call('SREM', P .. 'hands:' .. me, id)
    call('HDEL', P .. 'files:' .. job, key)
    -- who does not understand outcomes by file never sends a file again to hear of it
    if call('HGET', P .. 'job:' .. job, 'accepts_results') == '1' then
      call('HSET', P .. 'done:' .. job, key, brief)
    end
    call('DEL', task)
    jobs[job] = true
  end
end
for job in pairs(jobs) do forget_later(job) end
return 1
