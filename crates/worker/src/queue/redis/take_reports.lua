-- Takes outcomes to be reported. ARGV: …, milliseconds until somebody else may, how many at most. Answers a list for each.
local at = now()
local jobs, taken = {}, {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'reports', '-inf', at, 'LIMIT', 0, ARGV[4])) do
  local task = P .. 'task:' .. id
  local job, outcome, before = unpack(call('HMGET', task, 'job', 'outcome', 'owner'))
  if not outcome then
    call('ZREM', P .. 'reports', id)
  else
    call('SREM', P .. 'hands:' .. before, id)
    call('SADD', P .. 'hands:' .. me, id)
    call('HSET', task, 'owner', me)
    call('ZADD', P .. 'reports', at + tonumber(ARGV[3]), id)
    jobs[job] = jobs[job] or call('HMGET', P .. 'job:' .. job, 'state', 'failure', 'accepts_results')
    local state, failure, accepts = unpack(jobs[job])
    taken[#taken + 1] = { id, job, outcome, state or 'open', failure or '', accepts or '0' }
  end
end
return taken
