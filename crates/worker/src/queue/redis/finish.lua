-- Writes an outcome down. ARGV: …, task, lease, outcome, what is remembered of it, milliseconds in which the asking worker
-- reports it, or 0. Answers nothing when the lease was lost, else the job's state, why it failed, whether its sender
-- understands outcomes by file, and whether the report is in the asking worker's hands.
local id, claim, in_hand = ARGV[3], ARGV[4], tonumber(ARGV[7])
local task = P .. 'task:' .. id
local function about(job, is_in_hand)
  local state, failure, accepts = unpack(call('HMGET', P .. 'job:' .. job, 'state', 'failure', 'accepts_results'))
  return { state or 'open', failure or '', accepts or '0', is_in_hand }
end
if not is_held(id, claim) then
  -- it may be this very call, whose first answer was lost
  local fields = redis.pcall('HMGET', task, 'state', 'claim', 'job')
  if fields.err then return nil end
  local state, number, job = unpack(fields)
  if state ~= 'ended' or number ~= claim then return nil end
  call('ZADD', P .. 'reports', 'XX', now(), id)
  return about(job, 0)
end
local at = now()
local job, drive, sum = unpack(call('HMGET', task, 'job', 'drive', 'sha256'))
end_lease(id, me)
write_end(id, job, ARGV[5], ARGV[6], at)
call('HSET', P .. 'job:' .. job, 'progressed_at', at)
if sum ~= '' and drive ~= '' then note_bytes(sum, drive, at) end
let_go(id)
if in_hand == 0 then return about(job, 0) end
call('SADD', P .. 'hands:' .. me, id)
call('HSET', task, 'owner', me)
call('ZADD', P .. 'reports', at + in_hand, id)
return about(job, 1)
