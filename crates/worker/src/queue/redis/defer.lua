-- Gives a task back. ARGV: …, task, lease, milliseconds to wait, whether an object of it may exist, whether it needs Drive,
-- progress, whether the wait holds though the job was stopped. Answers 0 when the lease was lost.
local id, claim, wait = ARGV[3], ARGV[4], tonumber(ARGV[5])
if not is_held(id, claim) then return 0 end
local task = P .. 'task:' .. id
end_lease(id, me)
leave_stream(id)
call('HSET', task, 'touched', ARGV[6], 'needs_drive', ARGV[7], 'progress', ARGV[8])
-- a job that was stopped ends at once, unless just that was tried in vain
if wait > 0 and (ARGV[9] == '1' or is_open(call('HGET', task, 'job'))) then
  call('HSET', task, 'state', 'delayed')
  call('ZADD', P .. 'delayed', now() + wait, id)
else
  make_ready(id)
end
let_go(id)
return 1
