-- Writes an outcome down. ARGV: …, task, lease, outcome, what is remembered of it. Answers 0 when the lease was lost.
local id, claim = ARGV[3], ARGV[4]
local task = P .. 'task:' .. id
if not is_held(id, claim) then
  -- it may be this very call, whose first answer was lost
  local state, number = unpack(call('HMGET', task, 'state', 'claim'))
  return (state == 'ended' and number == claim) and 1 or 0
end
local at = now()
local job, drive, sum = unpack(call('HMGET', task, 'job', 'drive', 'sha256'))
end_lease(id, me)
write_end(id, job, ARGV[5], ARGV[6], at)
call('HSET', P .. 'job:' .. job, 'progressed_at', at)
if sum ~= '' and drive ~= '' then note_bytes(sum, drive, at) end
let_go(id)
return 1
