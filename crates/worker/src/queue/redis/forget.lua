-- What was written down beside the queue is over. ARGV: …, task, lease.
local id, claim = ARGV[3], ARGV[4]
if not is_held(id, claim) then return 0 end
local job = call('HGET', P .. 'task:' .. id, 'job')
end_lease(id, me)
leave_stream(id)
call('DEL', P .. 'task:' .. id, P .. 'job:' .. job)
return 1
